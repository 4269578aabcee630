#include "trainer/report/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace stoker {
namespace {

// In the chart's own units; the page scales it.
constexpr double kWidth = 560, kHeight = 260;
constexpr double kLeft = 58, kRight = 14, kTop = 30, kBottom = 40;
constexpr size_t kMostMarked = 60;  // points of a line that are drawn as dots

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void cover(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool is_empty() const { return low > high; }
  // One value alone gets room around it.
  void widen() {
    if (low < high) return;
    const double room = low == 0.0 ? 1.0 : std::abs(low) * 0.1;
    low -= room;
    high += room;
  }
};

struct Frame {
  Range x, y;

  double left_of(double value) const {
    return kLeft + (value - x.low) / (x.high - x.low) * (kWidth - kLeft - kRight);
  }
  double top_of(double value) const {
    return kHeight - kBottom - (value - y.low) / (y.high - y.low) * (kHeight - kTop - kBottom);
  }
};

bool is_finite(const ChartPoint& point) {
  return std::isfinite(point.x) && std::isfinite(point.y);
}

Frame frame_of(std::span<const ChartLine> lines) {
  Frame frame;
  for (const ChartLine& line : lines) {
    for (const ChartPoint& point : line.points) {
      if (!is_finite(point)) continue;
      frame.x.cover(point.x);
      frame.y.cover(point.y);
    }
  }
  return frame;
}

std::string grid(const Frame& frame, std::string_view x_name) {
  std::string svg;
  for (const double value : round_ticks(frame.y.low, frame.y.high, 5)) {
    const double y = frame.top_of(value);
    svg += fmt::format(R"(<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)"
                       R"(<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{:.4g}</text>)",
                       kLeft, kWidth - kRight, y, y, kLeft - 7, y + 4, value);
  }
  for (const double value : round_ticks(frame.x.low, frame.x.high, 7)) {
    if (value != std::nearbyint(value)) continue;  // there is no half an epoch
    svg += fmt::format(R"(<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{:.6g}</text>)",
                       frame.left_of(value), kHeight - kBottom + 17, value);
  }
  return svg + fmt::format(R"(<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>)",
                           kWidth - kRight, kHeight - 6, escape_html(x_name));
}

std::string draw(const ChartLine& line, size_t number, const Frame& frame) {
  std::string path, dots;
  size_t count = 0;
  for (const ChartPoint& point : line.points) {
    if (!is_finite(point)) continue;
    const double x = frame.left_of(point.x), y = frame.top_of(point.y);
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x, y);
    dots += fmt::format(
        R"(<circle class="c{}" cx="{:.1f}" cy="{:.1f}" r="2.6"><title>{} {:.6g} at {:.6g}</title></circle>)",
        number, x, y, escape_html(line.name), point.y, point.x);
    ++count;
  }
  return fmt::format(R"(<path class="l{}" d="{}"/>)", number, path) +
         (count <= kMostMarked ? dots : "");
}

}  // namespace

std::string svg_chart(std::span<const ChartLine> lines, std::string_view x_name, bool from_zero) {
  Frame frame = frame_of(lines);
  if (frame.y.is_empty()) return {};
  if (from_zero) frame.y.cover(0.0);
  frame.x.widen();
  frame.y.widen();
  std::string svg =
      fmt::format(R"(<svg class="chart" viewBox="0 0 {} {}" role="img">)", kWidth, kHeight);
  svg += grid(frame, x_name);
  double legend = kLeft;
  for (size_t i = 0; i < lines.size(); ++i) {
    const size_t number = i % kMostLines + 1;
    svg += draw(lines[i], number, frame);
    svg += fmt::format(R"(<circle class="c{}" cx="{}" cy="14" r="4"/>)"
                       R"(<text class="name" x="{}" y="18">{}</text>)",
                       number, legend + 4, legend + 13, escape_html(lines[i].name));
    legend += 34 + 7.2 * static_cast<double>(lines[i].name.size());
  }
  return svg + "</svg>\n";
}

std::vector<double> round_ticks(double low, double high, int most) {
  const double rough = (high - low) / most;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10.0 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  const double slack = step * 1e-9;
  for (auto i = static_cast<int64_t>(std::ceil((low - slack) / step));
       static_cast<double>(i) * step <= high + slack; ++i) {
    ticks.push_back(static_cast<double>(i) * step);
  }
  return ticks;
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return escaped;
}

}  // namespace stoker
