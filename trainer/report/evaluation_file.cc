#include "trainer/report/evaluation_file.h"

#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "trainer/metrics/classification_metrics.h"

namespace stoker {

std::optional<Evaluation> evaluation_of(const EvaluationSums& sums,
                                        const std::vector<std::string>& class_names,
                                        uint64_t epoch) {
  if (class_count_of(sums) == 0) return std::nullopt;
  const std::span<const double> confusion = sums.values("confusion");
  Evaluation evaluation;
  evaluation.epoch = epoch;
  evaluation.confusion.assign(confusion.begin(), confusion.end());
  const std::vector<ClassScore> scores = class_scores(sums);
  const std::vector<std::optional<double>> aucs = class_aucs(sums);
  for (size_t c = 0; c < scores.size(); ++c) {
    evaluation.classes.push_back({c < class_names.size() ? class_names[c] : std::to_string(c),
                                  scores[c], c < aucs.size() ? aucs[c] : std::nullopt});
  }
  return evaluation;
}

std::string encode_evaluation(const Evaluation& evaluation) {
  using Json = nlohmann::ordered_json;
  Json file;
  file["epoch"] = evaluation.epoch;
  file["classes"] = Json::array();
  file["confusion"] = Json::array();
  const size_t classes = evaluation.classes.size();
  for (size_t c = 0; c < classes; ++c) {
    const auto& [name, score, auc] = evaluation.classes[c];
    Json entry{{"name", name},
               {"support", score.support},
               {"predicted", score.predicted},
               {"precision", score.precision},
               {"recall", score.recall},
               {"f1", score.f1}};
    entry["auc"] = auc ? Json(*auc) : Json(nullptr);
    file["classes"].push_back(std::move(entry));
    if (evaluation.confusion.empty()) continue;
    Json row = Json::array();
    for (size_t p = 0; p < classes; ++p)
      row.push_back(static_cast<uint64_t>(evaluation.confusion[c * classes + p]));
    file["confusion"].push_back(std::move(row));
  }
  return file.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Evaluation decode_evaluation(std::string_view json) {
  try {
    const auto file = nlohmann::json::parse(json);
    Evaluation evaluation;
    evaluation.epoch = file.at("epoch");
    for (const auto& entry : file.at("classes")) {
      Evaluation::OfClass of_class;
      of_class.name = entry.at("name");
      of_class.score = {entry.at("support"), entry.at("predicted"), entry.at("precision"),
                        entry.at("recall"), entry.at("f1")};
      if (!entry.at("auc").is_null()) of_class.auc = entry.at("auc").get<double>();
      evaluation.classes.push_back(std::move(of_class));
    }
    for (const auto& row : file.at("confusion"))
      for (const auto& samples : row)
        evaluation.confusion.push_back(samples.get<double>());
    const size_t classes = evaluation.classes.size();
    if (evaluation.confusion.empty() || evaluation.confusion.size() == classes * classes)
      return evaluation;
  } catch (const nlohmann::json::exception&) {
  }
  throw Error(ErrorCode::kCorrupt, "expected an evaluation: epoch, classes and their confusion");
}

}  // namespace stoker
