// report.html: one page that says how a run went, without anything from elsewhere (no scripts, no
// fonts, pictures inside the page): curves, the confusion matrix and what it says of each class,
// the samples that were hardest and easiest, where the time went, what it cost, and how the run was
// set up. Light and dark as the reader's system is.
//
// Pure function of what metrics.jsonl and evaluation.json hold.
#pragma once

#include <optional>
#include <string>

#include "trainer/report/evaluation_file.h"
#include "trainer/report/run_history.h"

namespace stoker {

struct ReportFacts {
  std::string title;            // "resnet50"
  std::string sample_unit;      // "img", "patch"
  double price_per_hour = 0.0;  // 0: nothing is said of cost
  uint64_t epochs = 0;          // the run's whole length
};

std::string html_report(const RunHistory& history, const std::optional<Evaluation>& evaluation,
                        const ReportFacts& facts);

}  // namespace stoker
