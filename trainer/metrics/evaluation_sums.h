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
  // What no sum can stand for, such as the scores that a rank is taken from: values of one sample
  // after another, those of parts end to end.
  std::map<std::string, std::vector<float>, std::less<>> gathered;

  // Adds place by place; a name that is new begins at 0. InvalidArgument where a name has another
  // number of values.
  void add(std::string_view name, std::span<const double> values);
  void add(std::string_view name, double value) { add(name, {&value, 1}); }
  void gather(std::string_view name, std::span<const float> values);
  void add(const EvaluationSums& other);

  // Of a name with one value; 0 where it never came.
  double value(std::string_view name) const;
  // Of a name with many; empty where it never came.
  std::span<const double> values(std::string_view name) const;
  std::span<const float> gathered_values(std::string_view name) const;
};

}  // namespace stoker
