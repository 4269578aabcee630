#include "trainer/report/html_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "libdata/core/units.h"
#include "trainer/report/gallery_html.h"
#include "trainer/report/html_style.h"
#include "trainer/report/svg_chart.h"

namespace stoker {
namespace {

constexpr size_t kMostDrawnClasses = 100;  // of a confusion matrix
constexpr size_t kMostNumberedClasses = 20;
constexpr size_t kMostListed = 20;  // classes, the worst ones
constexpr size_t kMostConfusions = 10;
constexpr double kStrongestCell = 0.6;  // opacity: text stays readable on it
constexpr double kSecondsPerHour = 3600.0;

struct Series {
  const char* column;
  const char* name;
};

// The columns that any of the rows has, as lines over `x`.
std::vector<ChartLine> lines_of(const std::vector<HistoryRow>& rows, const char* x,
                                std::initializer_list<Series> series) {
  std::vector<ChartLine> lines;
  for (const auto& [column, name] : series) {
    ChartLine line{name, {}};
    for (const HistoryRow& row : rows) {
      const auto value = row.find(column);
      if (value) line.points.push_back({row.value_or(x, 0.0), *value});
    }
    if (!line.points.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

std::string chart_card(const char* title, const std::vector<ChartLine>& lines, const char* x_name,
                       bool from_zero = false) {
  const std::string chart = svg_chart(lines, x_name, from_zero);
  if (chart.empty()) return {};
  return fmt::format("<section class=\"card\"><h2>{}</h2>{}</section>\n", title, chart);
}

struct Times {
  double waiting = 0.0;  // for data, while training
  double learning = 0.0;
  double validating = 0.0;

  double all() const { return waiting + learning + validating; }
};

Times times_of(const RunHistory& history) {
  Times times;
  for (const HistoryRow& epoch : history.epochs) {
    const double seconds = epoch.value_or("seconds", 0.0);
    const double waited = std::clamp(epoch.value_or("data_wait_share", 0.0), 0.0, 1.0) * seconds;
    times.waiting += waited;
    times.learning += seconds - waited;
    times.validating += epoch.value_or("val_seconds", 0.0);
  }
  return times;
}

std::string time_bar(const Times& times) {
  if (times.all() <= 0.0) return {};
  struct Part {
    const char* name;
    double seconds;
    int colour;
  };
  const Part parts[] = {{"learning", times.learning, 1},
                        {"waiting for data", times.waiting, 2},
                        {"validating", times.validating, 3}};
  std::string bar, rows;
  for (const auto& [name, seconds, colour] : parts) {
    const double share = 100.0 * seconds / times.all();
    bar += fmt::format("<i style=\"width:{:.2f}%;background:var(--line-{})\"></i>", share, colour);
    rows += fmt::format(
        "<tr><td><i class=\"key\" style=\"background:var(--line-{})\"></i>{}</td><td>{}</td>"
        "<td>{:.1f} %</td></tr>",
        colour, name, format_duration(seconds), share);
  }
  return fmt::format(
      "<section class=\"card\"><h2>Where the time went</h2><div class=\"bar\">{}</div>"
      "<table>{}</table></section>\n",
      bar, rows);
}

std::string charts(const RunHistory& history) {
  const auto& epochs = history.epochs;
  std::string html = "<div class=\"row\">\n";
  html += chart_card(
      "Loss", lines_of(epochs, "epoch", {{"train_loss", "training"}, {"val_loss", "validation"}}),
      "epoch");
  const auto accuracy = lines_of(epochs, "epoch", {{"train_top1", "training"}});
  if (!accuracy.empty()) {
    html += chart_card(
        "Top-1",
        lines_of(epochs, "epoch", {{"train_top1", "training"}, {"val_top1", "validation"}}),
        "epoch");
  }
  html += chart_card("Validation",
                     lines_of(epochs, "epoch",
                              {{"val_top1", "top-1"},
                               {"val_top5", "top-5"},
                               {"val_macro_f1", "macro F1"},
                               {"val_macro_auc", "macro AUC"},
                               {"val_dice", "Dice"},
                               {"val_surface_dice", "surface Dice"},
                               {"val_voi_score", "VOI score"}}),
                     "epoch");
  html += chart_card("Loss while training, mean since the epoch began",
                     lines_of(history.steps, "step", {{"train_loss", "training"}}), "step");
  html += chart_card("Learning rate", lines_of(history.steps, "step", {{"lr", "learning rate"}}),
                     "step");
  html += chart_card("Samples a second",
                     lines_of(epochs, "epoch", {{"samples_per_second", "samples a second"}}),
                     "epoch", /*from_zero=*/true);
  return html + time_bar(times_of(history)) + "</div>\n";
}

std::string figure(const std::string& value, const std::string& name) {
  return fmt::format("<div class=\"card figure\"><b>{}</b><span>{}</span></div>\n",
                     escape_html(value), escape_html(name));
}

// The best of a column, and its epoch.
std::string best_figure(const RunHistory& history, const Series& series) {
  const HistoryRow* best = nullptr;
  for (const HistoryRow& epoch : history.epochs) {
    const auto value = epoch.find(series.column);
    if (value && std::isfinite(*value) && (best == nullptr || *value > *best->find(series.column)))
      best = &epoch;
  }
  if (best == nullptr) return {};
  return figure(fmt::format("{:.4f}", *best->find(series.column)),
                fmt::format("best {}, epoch {:.0f}", series.name, best->value_or("epoch", 0.0)));
}

std::string figures(const RunHistory& history, const ReportFacts& facts) {
  std::string html = "<div class=\"row figures\">\n";
  for (const Series& series :
       {Series{"val_top1", "top-1"}, Series{"val_macro_f1", "macro F1"},
        Series{"val_macro_auc", "macro AUC"}, Series{"val_surface_dice", "surface Dice"},
        Series{"val_dice", "Dice"}})
    html += best_figure(history, series);
  if (!history.epochs.empty()) {
    const HistoryRow& last = history.epochs.back();
    const double rate = last.value_or("samples_per_second", 0.0);
    html += figure(fmt::format("{:.4f}", last.value_or("train_loss", NAN)), "last training loss");
    html += figure(fmt::format("{:.{}f}", rate, rate < 100.0 ? 1 : 0),
                   facts.sample_unit + "/s, last epoch");
  }
  const double seconds = times_of(history).all();
  html += figure(format_duration(seconds), "time in all");
  if (facts.price_per_hour > 0.0) {
    html += figure(fmt::format("{:.2f}", seconds / kSecondsPerHour * facts.price_per_hour),
                   fmt::format("cost, at {:g} an hour", facts.price_per_hour));
  }
  return html + "</div>\n";
}

std::string epoch_table(const RunHistory& history) {
  if (history.epochs.empty()) return {};
  std::string head, body;
  const HistoryRow& last = history.epochs.back();
  for (const auto& [name, value] : last.values)
    head += fmt::format("<th>{}</th>", escape_html(name));
  for (const HistoryRow& epoch : history.epochs) {
    body += "<tr>";
    for (const auto& [name, value] : last.values) {
      const auto found = epoch.find(name);
      body += found ? fmt::format("<td>{:.5g}</td>", *found) : "<td></td>";
    }
    body += "</tr>\n";
  }
  return fmt::format(
      "<section class=\"card wide\"><h2>Epochs</h2><div class=\"scroll\"><table><thead><tr>{}</tr>"
      "</thead><tbody>{}</tbody></table></div></section>\n",
      head, body);
}

std::string confusion_matrix(const Evaluation& evaluation) {
  const size_t classes = evaluation.classes.size();
  const bool numbered = classes <= kMostNumberedClasses;
  std::string head, body;
  for (const auto& of_class : evaluation.classes)
    head += fmt::format("<th>{}</th>", escape_html(of_class.name));
  for (size_t label = 0; label < classes; ++label) {
    const auto& [name, score, auc] = evaluation.classes[label];
    body += fmt::format("<tr><th>{}</th>", escape_html(name));
    for (size_t prediction = 0; prediction < classes; ++prediction) {
      const double samples = evaluation.confusion[label * classes + prediction];
      const double share = score.support > 0 ? samples / static_cast<double>(score.support) : 0.0;
      body += fmt::format(
          "<td style=\"background:rgba(var(--cell),{:.2f})\" title=\"{} taken for {}: {:.0f} of "
          "{}\">{}</td>",
          kStrongestCell * std::sqrt(share), escape_html(name),
          escape_html(evaluation.classes[prediction].name), samples, score.support,
          numbered && samples > 0 ? fmt::format("{:.0f}", samples) : "");
    }
    body += "</tr>\n";
  }
  return fmt::format(
      "<section class=\"card\"><h2>Confusion, epoch {}</h2><p>A row is a label, a column what it "
      "was taken for; colour by the row's share.</p><div class=\"scroll\"><table class=\"confusion"
      "{}\"><thead><tr><th></th>{}</tr></thead><tbody>{}</tbody></table></div></section>\n",
      evaluation.epoch, numbered ? "" : " small", head, body);
}

std::string worst_confusions(const Evaluation& evaluation) {
  const size_t classes = evaluation.classes.size();
  std::vector<size_t> cells;
  for (size_t cell = 0; cell < evaluation.confusion.size(); ++cell) {
    if (cell / classes != cell % classes && evaluation.confusion[cell] > 0.0) cells.push_back(cell);
  }
  const size_t count = std::min(cells.size(), kMostConfusions);
  std::partial_sort(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(count), cells.end(),
                    [&](size_t a, size_t b) {
                      const double more = evaluation.confusion[a] - evaluation.confusion[b];
                      return more != 0.0 ? more > 0.0 : a < b;
                    });
  std::string rows;
  for (size_t i = 0; i < count; ++i) {
    const auto& label = evaluation.classes[cells[i] / classes];
    rows += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{:.0f}</td><td>{:.1f} %</td></tr>\n",
        escape_html(label.name), escape_html(evaluation.classes[cells[i] % classes].name),
        evaluation.confusion[cells[i]],
        100.0 * evaluation.confusion[cells[i]] / static_cast<double>(label.score.support));
  }
  if (rows.empty()) rows = "<tr><td>none</td></tr>";
  return fmt::format(
      "<section class=\"card\"><h2>Most frequent confusions</h2><div "
      "class=\"scroll\"><table class=\"names\"><thead>"
      "<tr><th>label</th><th>taken for</th><th>samples</th><th>of the label</th></tr></thead>"
      "<tbody>{}</tbody></table></div></section>\n",
      rows);
}

std::string class_table(const Evaluation& evaluation) {
  std::vector<size_t> order(evaluation.classes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return evaluation.classes[a].score.f1 < evaluation.classes[b].score.f1;
  });
  std::string rows;
  for (size_t i = 0; i < std::min(order.size(), kMostListed); ++i) {
    const auto& [name, score, auc] = evaluation.classes[order[i]];
    rows += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{:.4f}</td><td>{:.4f}</td><td>{:.4f}</td><td>{}</td></tr>\n",
        escape_html(name), score.support, score.precision, score.recall, score.f1,
        auc ? fmt::format("{:.4f}", *auc) : "");
  }
  const bool some = order.size() > kMostListed;
  return fmt::format(
      "<section class=\"card\"><h2>{}</h2><div class=\"scroll\"><table><thead><tr><th>class</th>"
      "<th>samples</th><th>precision</th><th>recall</th><th>F1</th><th>AUC</th></tr></thead><tbody>"
      "{}</tbody></table></div></section>\n",
      some ? fmt::format("The {} of {} classes with the lowest F1", kMostListed, order.size())
           : "Classes, lowest F1 first",
      rows);
}

std::string evaluation_cards(const Evaluation& evaluation) {
  std::string html = "<div class=\"row\">\n";
  if (!evaluation.confusion.empty()) {
    if (evaluation.classes.size() <= kMostDrawnClasses) html += confusion_matrix(evaluation);
    html += worst_confusions(evaluation);
  }
  return html + class_table(evaluation) + "</div>\n";
}

std::string options_card(const RunHistory& history) {
  if (history.options.empty()) return {};
  std::string rows;
  for (const auto& [name, value] : history.options)
    rows += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", escape_html(name), escape_html(value));
  return fmt::format(
      "<section class=\"card wide\"><h2>Set up</h2><table class=\"options\">{}</table></section>\n",
      rows);
}

}  // namespace

std::string html_report(const RunHistory& history, const std::optional<Evaluation>& evaluation,
                        const ReportFacts& facts) {
  const double done = history.epochs.empty() ? 0.0 : history.epochs.back().value_or("epoch", 0.0);
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>{0}</title><style>{1}</style></head><body>\n<h1>{0}</h1>"
      "<p>{2:.0f} of {3} epochs</p>\n",
      escape_html(facts.title), kReportStyle, done, facts.epochs);
  html += figures(history, facts);
  html += charts(history);
  if (evaluation && !evaluation->classes.empty()) html += evaluation_cards(*evaluation);
  if (evaluation) html += gallery_cards(evaluation->samples, evaluation->epoch);
  return html + epoch_table(history) + options_card(history) + "</body></html>\n";
}

}  // namespace stoker
