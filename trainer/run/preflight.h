// --preflight: what can be known to go wrong before a long run, found out in less than two minutes.
//
// Trial networks learn on a copy of the options; nothing of the run's folders is touched, and what
// is saved goes into a temporary folder. One thread.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "trainer/options/train_options.h"

namespace stoker {

struct PreflightRow {
  std::string name;
  bool passed = false;
  std::string detail;  // what was found, or what went wrong
};

// A table of checks. An Error that a check throws is its failure; Stopped goes on.
class PreflightTable {
 public:
  // `check` gives the detail. Whether it passed.
  bool add(const std::string& name, const std::function<std::string()>& check);
  const std::vector<PreflightRow>& rows() const { return rows_; }
  bool all_passed() const;

 private:
  std::vector<PreflightRow> rows_;
};

// Prints the table on stdout and writes --json. For settled options. Whether all passed.
bool run_preflight(const TrainOptions& options, const torch::Device& device);

}  // namespace stoker
