// The epochs on the screen, one a line under a head that says what is what.
//
// One thread. Plain text, right-aligned, so that it reads alike in a terminal and in a file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "trainer/report/run_log.h"

namespace stoker {

using ShownValues = std::vector<std::pair<std::string, double>>;  // in the order of columns

class EpochTable {
 public:
  // `unit`: of samples ("img"); `columns`: room for a line, 0: no limit.
  EpochTable(std::string unit, size_t columns) : unit_(std::move(unit)), columns_(columns) {}

  // The line of an epoch, after a head where the columns are others than before or stood many lines
  // ago. Where a row does not fit, names are shorter, and then the least important columns go: all
  // of them are in metrics.jsonl.
  std::vector<std::string> lines(const StepReport& last, const ShownValues& values, double seconds);

 private:
  const std::string unit_;
  const size_t columns_;
  std::string head_;
  size_t rows_since_head_ = 0;
};

}  // namespace stoker
