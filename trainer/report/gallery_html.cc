#include "trainer/report/gallery_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "trainer/report/svg_chart.h"

namespace stoker {
namespace {

std::string judgement(const ShownSample& sample) {
  if (sample.label.empty()) return {};
  const std::string sure = fmt::format("{:.1f} %", 100.0 * sample.probability);
  if (sample.label == sample.prediction)
    return fmt::format("<b>{}</b> {}", escape_html(sample.label), sure);
  return fmt::format("<b>{}</b> taken for <b class=\"wrong\">{}</b> {}", escape_html(sample.label),
                     escape_html(sample.prediction), sure);
}

std::string picture(const ShownSample& sample, const std::string& score) {
  const std::string image = sample.picture.empty() ? std::string("<i class=\"none\"></i>")
                                                   : fmt::format("<img alt=\"\" src=\"{}\">",
                                                                 escape_html(sample.picture));
  return fmt::format(
      "<figure>{0}<figcaption>{1}<br>{2} {3:.4f}<br><small title=\"{4}\">{4}</small></figcaption>"
      "</figure>\n",
      image, judgement(sample), escape_html(score), sample.score, escape_html(sample.name));
}

std::string pictures(const std::vector<ShownSample>& samples, const std::string& score) {
  std::string html = "<div class=\"gallery\">\n";
  for (const ShownSample& sample : samples)
    html += picture(sample, score);
  return html + "</div>";
}

std::string table(const std::vector<ShownSample>& samples, const std::string& score) {
  std::string rows;
  for (const ShownSample& sample : samples) {
    rows += fmt::format("<tr><td>{}</td><td>{:.4f}</td></tr>\n", escape_html(sample.name),
                        sample.score);
  }
  return fmt::format(
      "<div class=\"scroll\"><table><thead><tr><th>sample</th><th>{}</th></tr></thead><tbody>{}"
      "</tbody></table></div>",
      escape_html(score), rows);
}

std::string card(std::string_view extreme, const std::vector<ShownSample>& samples,
                 const std::string& score, uint64_t epoch) {
  if (samples.empty()) return {};
  const bool of_classes = std::any_of(samples.begin(), samples.end(),
                                      [](const ShownSample& s) { return !s.label.empty(); });
  return fmt::format("<section class=\"card wide\"><h2>{} {}, epoch {}</h2>{}</section>\n", extreme,
                     escape_html(score), epoch,
                     of_classes ? pictures(samples, score) : table(samples, score));
}

}  // namespace

std::string gallery_cards(const SampleGallery& gallery, uint64_t epoch) {
  return card(gallery.high_is_bad ? "Highest" : "Lowest", gallery.worst, gallery.score, epoch) +
         card(gallery.high_is_bad ? "Lowest" : "Highest", gallery.best, gallery.score, epoch);
}

}  // namespace stoker
