// What options were set to, and back from JSON.
#include "libdata/core/option_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using ::testing::ElementsAre;

struct Values {
  double rate = 0.1;
  int64_t epochs = 5;
  std::vector<std::string> data;
  std::vector<double> mean{0.5, 0.25};
  std::string mode = "a";
  bool fast = false;
  double share = 0.5;
  std::string amp;
};

std::string encoded(const std::string& arguments) {
  Values values;
  CLI::App app("test");
  app.option_defaults()->always_capture_default();
  app.add_option("--rate", values.rate);
  app.add_option("--epochs", values.epochs);
  app.add_option("--data,--shards", values.data);
  app.add_option("--mean", values.mean)->delimiter(',');
  CLI::Option* mode = app.add_option("--mode", values.mode);
  CLI::Option* fast = app.add_flag("--fast,!--no-fast", values.fast);
  fast->excludes(mode);
  app.add_option("--share", values.share)->needs(fast);
  app.add_flag("--hidden")->group("");
  app.add_option("--amp", values.amp)->expected(0, 1)->default_str("auto");
  app.parse(arguments);
  return encode_settings(option_settings(app)).dump();
}

TEST(OptionSettings, AreTheGivenOnesAndDefaults) {
  EXPECT_EQ(encoded(""), R"({"rate":0.1,"epochs":5,"mean":[0.5,0.25],"mode":"a"})");
  EXPECT_EQ(encoded("--rate 3e-4 --shards x y --mean 1,2 --mode b"),
            R"({"rate":0.0003,"epochs":5,"data":["x","y"],"mean":[1,2],"mode":"b"})");
}

TEST(OptionSettings, AnOptionThatMayStandAloneHasItsValueWhereItDoes) {
  const std::string before = R"({"rate":0.1,"epochs":5,"mean":[0.5,0.25],"mode":"a")";
  EXPECT_EQ(encoded(""), before + "}");
  EXPECT_EQ(encoded("--amp"), before + R"(,"amp":"auto"})");
  EXPECT_EQ(encoded("--amp bf16"), before + R"(,"amp":"bf16"})");
}

TEST(OptionSettings, LeaveOutWhatCouldNotStandBesideWhatWasGiven) {
  EXPECT_EQ(encoded("--fast"),
            R"({"rate":0.1,"epochs":5,"mean":[0.5,0.25],"fast":true,"share":0.5})");
  EXPECT_EQ(encoded("--no-fast --hidden"),
            R"({"rate":0.1,"epochs":5,"mean":[0.5,0.25],"fast":false,"share":0.5})");
}

TEST(OptionSettings, ComeBackFromAnObjectOrFromItsMemberOptions) {
  const std::string object =
      R"({"rate": 0.5, "data": ["x", "y"], "fast": true, "none": null, "empty": []})";
  for (const std::string& text : {object, R"({"options": )" + object + R"(, "version": "1"})"}) {
    const std::vector<ParsedSetting> settings = parse_settings(text);
    ASSERT_EQ(settings.size(), 3u) << text;
    EXPECT_EQ(settings[0].name, "rate");
    EXPECT_THAT(settings[0].values, ElementsAre("0.5"));
    EXPECT_THAT(settings[1].values, ElementsAre("x", "y"));
    EXPECT_THAT(settings[2].values, ElementsAre("true"));
  }
}

TEST(OptionSettings, WhatIsNoSuchObjectIsRefused) {
  for (const char* text :
       {"", "{", "[1]", "7", R"({"a": {"b": 1}})", R"({"a": [[1]]})", R"({"a": [null]})"}) {
    EXPECT_THROW(parse_settings(text), Error) << text;
  }
}

}  // namespace
}  // namespace stoker
