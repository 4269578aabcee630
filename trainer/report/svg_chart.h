// A line chart as SVG text, to stand inside an HTML page. Colours are CSS variables of that page
// (--line-1 to --line-4, --grid, --muted), so that it follows light and dark.
//
// Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stoker {

struct ChartPoint {
  double x = 0.0;
  double y = 0.0;  // not finite: left out
};

struct ChartLine {
  std::string name;
  std::vector<ChartPoint> points;
};

// With axes, a legend, and each point's numbers as its tooltip. `x_name`, of what is counted there,
// stands under the axis.
// Empty where no line has a finite point. At most kMostLines lines have a colour of their own.
inline constexpr size_t kMostLines = 4;
std::string svg_chart(std::span<const ChartLine> lines, std::string_view x_name,
                      bool from_zero = false);

// Round numbers from about `low` to about `high`, `low` < `high`: steps of 1, 2 or 5 times a power
// of ten, at most `most` of them.
std::vector<double> round_ticks(double low, double high, int most);

// For text and attribute values of HTML and SVG. Control characters become spaces.
std::string escape_html(std::string_view text);

}  // namespace stoker
