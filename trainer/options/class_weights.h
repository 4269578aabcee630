// --class-weights: how much a sample (a voxel) of each class counts in the cross-entropy.
//
// As given it is a list of texts: a number a class, or "balanced" alone; empty where all count
// alike. Pure functions. Errors: InvalidArgument.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace stoker {

void declare_class_weights(CLI::App& app, std::vector<std::string>& given);

// Where they are neither "balanced" nor numbers from 0 to a million of which one is above 0.
void check_class_weights(const std::vector<std::string>& given);

bool is_balanced(const std::vector<std::string>& given);

// "balanced" or "1,2.5": the same text for the same weights.
std::string class_weights_text(const std::vector<std::string>& given);

// By class. Balanced: samples / (classes * samples of the class), as scikit-learn's
// compute_class_weight has it, so that all classes weigh the same together and a sample 1 on
// average; a class without samples has weight 0 and is none of the classes. `counts`: samples by
// class, read where balanced. Precondition: given, checked. InvalidArgument, naming the classes,
// where there are more or fewer numbers than those.
std::vector<double> class_weights_of(const std::vector<std::string>& given,
                                     const std::vector<std::string>& class_names,
                                     std::span<const uint64_t> counts);

}  // namespace stoker
