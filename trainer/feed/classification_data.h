// The data of a classification run: which splits, which classes, and what the network will see.
//
// Ownership and errors: as training_data.h; InvalidArgument where the data cannot be used as asked:
// no labels, validation with other classes than training.
#pragma once

#include <string>
#include <vector>

#include "libdata/loader/image_loader.h"
#include "trainer/feed/training_data.h"
#include "trainer/options/train_options.h"

namespace stoker {

struct ClassificationData : TrainingData {
  const std::vector<std::string>& class_names() const { return train->class_names; }
};

ClassificationData open_classification_data(const DataOptions& options);

// Replaces what is left open in `options` by what the training images are:
//   channels  1 when every image is stored gray, else 3
//   crop      224, or the largest shorter side where that is less
//   val-resize  crop when no validation image is larger, else crop * 256 / 224
//   mean, std  ImageNet's for 3 channels, 0.5 for 1
// Reads the index only. InvalidArgument where --mean has not one value a channel.
void settle_data_options(const ClassificationData& data, DataOptions& options);

// For settled options. `threads`: of the loader.
ImageLoaderOptions train_loader_options(const TrainOptions& options, int threads);
ImageLoaderOptions val_loader_options(const TrainOptions& options, int threads);

}  // namespace stoker
