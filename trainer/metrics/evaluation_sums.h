// What an evaluation counts: sums by name, which add up over parts of the data and over processes,
// and are made into shares and scores once, at the end.
//
// Plain value, one thread.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stoker {

struct EvaluationSums {
  // A count or a sum is one value; a histogram, or a confusion matrix row by row, is many.
  std::map<std::string, std::vector<double>, std::less<>> by_name;

  // Adds place by place; a name that is new begins at 0. InvalidArgument where a name has another
  // number of values.
  void add(std::string_view name, std::span<const double> values);
  void add(std::string_view name, double value) { add(name, {&value, 1}); }
  void add(const EvaluationSums& other);

  // Of a name with one value; 0 where it never came.
  double value(std::string_view name) const;
};

}  // namespace stoker
