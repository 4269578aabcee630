// Sources put together and chosen from: which samples come out, in which order, under which number.
#include <gmock/gmock.h>

#include <memory>

#include "libdata/sample/joined_reader.h"
#include "libdata/sample/selected_reader.h"
#include "tests/sample/list_reader.h"

namespace stoker {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ListReader;
using testing::texts_of;

std::vector<std::string> names_of(const SourceReader& reader) {
  std::vector<std::string> names;
  for (const PlannedItem& item : reader.items())
    names.push_back(reader.facts().splits[item.split] + "/" + item.name);
  return names;
}

template <typename Function>
std::string message_of(const Function& function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.message();
  }
  return "no error";
}

std::unique_ptr<JoinedReader> join(std::vector<std::unique_ptr<SourceReader>> readers) {
  std::vector<std::string> names;
  for (size_t r = 0; r < readers.size(); ++r)
    names.push_back(std::string("set") + std::to_string(r));
  return std::make_unique<JoinedReader>(std::move(readers), names);
}

std::vector<std::unique_ptr<SourceReader>> two(ListReader first, ListReader second) {
  std::vector<std::unique_ptr<SourceReader>> readers;
  readers.push_back(std::make_unique<ListReader>(std::move(first)));
  readers.push_back(std::make_unique<ListReader>(std::move(second)));
  return readers;
}

TEST(JoinedReader, SplitsOfOneNameAreUnited) {
  const auto joined = join(two(ListReader({{"a"}, {"b", 1}}, {"cat"}, {"train", "val"}),
                               ListReader({{"c"}, {"d", 1}}, {"cat"}, {"val", "test"})));
  EXPECT_THAT(joined->facts().splits, ElementsAre("train", "val", "test"));
  EXPECT_THAT(names_of(*joined), ElementsAre("train/a", "val/b", "val/c", "test/d"));
  EXPECT_THAT(texts_of(*joined, 1), ElementsAre("b#0"));
  EXPECT_THAT(texts_of(*joined, 3), ElementsAre("d#0"));
  EXPECT_EQ(joined->hash_source(3), 101u);  // the second item of the second source
}

TEST(JoinedReader, AnEmptySourceMovesNothing) {
  const auto joined = join(two(ListReader({}, {"cat"}), ListReader({{"a"}}, {"cat"})));
  EXPECT_THAT(texts_of(*joined, 0), ElementsAre("a#0"));
}

TEST(JoinedReader, SourcesThatDoNotGoTogetherAreNamed) {
  EXPECT_THAT(
      message_of([] { join(two(ListReader({{"a"}}, {"cat"}), ListReader({{"b"}}, {"dog"}))); }),
      HasSubstr("set0 and set1 cannot be joined: their classes differ"));
  EXPECT_THAT(
      message_of([] {
        join(two(ListReader({{"a"}}, {"cat"}), ListReader({{"b"}}, {"cat"}, {"train"}, {"words"})));
      }),
      HasSubstr("their fields differ"));
  EXPECT_THAT(message_of([] { join(two(ListReader({{"a"}}, {}), ListReader({{"a"}}, {}))); }),
              HasSubstr("both hold 'a' in split train"));
}

TEST(JoinedReader, AFailedReadLeavesTheItemItself) {
  const auto joined = join(two(ListReader({{"a"}}, {}), ListReader({{"bad"}}, {})));
  Sample sample;
  sample.item = 1;
  EXPECT_THROW(joined->read(sample), Error);
  EXPECT_EQ(sample.item, 1u);
}

TEST(SelectedReader, KeepsOrderNamesAndNumbers) {
  const ListReader source({{"a", 0, 3}, {"b", 1, 4}, {"c", 0, 5}, {"d", 1, 6}}, {},
                          {"train", "val"});
  const SelectedReader odd(source, [](uint64_t item) { return item % 2 == 1; }, {});
  EXPECT_THAT(names_of(odd), ElementsAre("val/b", "val/d"));
  EXPECT_THAT(texts_of(odd, 1), ElementsAre("d#0"));
  EXPECT_EQ(odd.label(1), 6);
  EXPECT_EQ(odd.hash_source(1), 103u);
}

TEST(SelectedReader, DroppedFieldsAreNeitherInTheSchemaNorInSamples) {
  const ListReader source({{"a"}}, {}, {"train"}, {"one", "two", "three"});
  const SelectedReader reader(source, [](uint64_t) { return true; }, {"two"});
  ASSERT_EQ(reader.schema().fields.size(), 2u);
  EXPECT_EQ(reader.schema().fields[1].name, "three");
  EXPECT_THAT(texts_of(reader, 0), ElementsAre("a#0", "a#2"));
}

TEST(SelectedReader, NothingLeftIsRefused) {
  const ListReader source({{"a"}}, {});
  const auto all = [](uint64_t) { return true; };
  const auto none = [](uint64_t) { return false; };
  EXPECT_THAT(message_of([&] { SelectedReader(source, none, {}); }), HasSubstr("no sample"));
  EXPECT_THAT(message_of([&] { SelectedReader(source, all, {"text"}); }), HasSubstr("every field"));
  EXPECT_THAT(message_of([&] { SelectedReader(source, all, {"moon"}); }), HasSubstr("moon"));
}

}  // namespace
}  // namespace stoker
