#include "trainer/report/evaluation_file.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "libdata/core/error.h"
#include "trainer/metrics/classification_metrics.h"

namespace stoker {
namespace {

using Json = nlohmann::ordered_json;

Json encode(const std::vector<ShownSample>& samples) {
  Json list = Json::array();
  for (const ShownSample& sample : samples) {
    Json entry{{"name", sample.name}, {"score", sample.score}};
    if (!sample.label.empty()) {
      entry["label"] = sample.label;
      entry["prediction"] = sample.prediction;
      entry["probability"] = sample.probability;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

Json encode(const SampleGallery& gallery) {
  return {{"score", gallery.score},
          {"high_is_bad", gallery.high_is_bad},
          {"worst", encode(gallery.worst)},
          {"best", encode(gallery.best)}};
}

// JSON has no number for a loss that is not finite: null.
double number_of(const nlohmann::json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

std::vector<ShownSample> decode_samples(const nlohmann::json& list) {
  std::vector<ShownSample> samples;
  for (const auto& entry : list) {
    ShownSample sample;
    sample.name = entry.at("name");
    sample.score = number_of(entry.at("score"));
    sample.label = entry.value("label", "");
    sample.prediction = entry.value("prediction", "");
    if (entry.contains("probability")) sample.probability = number_of(entry["probability"]);
    samples.push_back(std::move(sample));
  }
  return samples;
}

SampleGallery decode_gallery(const nlohmann::json& object) {
  return {object.at("score"), object.at("high_is_bad"), decode_samples(object.at("worst")),
          decode_samples(object.at("best"))};
}

}  // namespace

std::optional<Evaluation> evaluation_of(const EvaluationSums& sums,
                                        const std::vector<std::string>& class_names, uint64_t epoch,
                                        SampleGallery samples) {
  if (class_count_of(sums) == 0 && samples.empty()) return std::nullopt;
  const std::span<const double> confusion = sums.values("confusion");
  Evaluation evaluation;
  evaluation.epoch = epoch;
  evaluation.confusion.assign(confusion.begin(), confusion.end());
  evaluation.samples = std::move(samples);
  if (class_count_of(sums) == 0) return evaluation;
  const std::vector<ClassScore> scores = class_scores(sums);
  const std::vector<std::optional<double>> aucs = class_aucs(sums);
  for (size_t c = 0; c < scores.size(); ++c) {
    evaluation.classes.push_back({c < class_names.size() ? class_names[c] : std::to_string(c),
                                  scores[c], c < aucs.size() ? aucs[c] : std::nullopt});
  }
  return evaluation;
}

std::string encode_evaluation(const Evaluation& evaluation) {
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
  if (!evaluation.samples.empty()) file["samples"] = encode(evaluation.samples);
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
    if (const auto found = file.find("samples"); found != file.end())
      evaluation.samples = decode_gallery(*found);
    const size_t classes = evaluation.classes.size();
    if (evaluation.confusion.empty() || evaluation.confusion.size() == classes * classes)
      return evaluation;
  } catch (const nlohmann::json::exception&) {
  }
  throw Error(ErrorCode::kCorrupt, "expected an evaluation: epoch, classes and their confusion");
}

}  // namespace stoker
