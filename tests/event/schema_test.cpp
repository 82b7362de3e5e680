#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "harness/event/event_codec.hpp"
#include "tests/event/run_on_disk.hpp"
#include "tests/event/sample_events.hpp"

namespace coldboot {
namespace {

using Json = nlohmann::json;

/// One of the schemas in docs/schema.
class PublishedSchema {
 public:
  explicit PublishedSchema(const std::string& name) {
    const Json json = Json::parse(text_of(std::string(COLDBOOT_SOURCE_DIR) + "/docs/schema/" + name));
    valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(json), schema_);
  }

  [[nodiscard]] bool accepts(const Json& json) const {
    return valijson::Validator().validate(schema_, valijson::adapters::NlohmannJsonAdapter(json), nullptr);
  }

 private:
  valijson::Schema schema_;
};

TEST(EventSchema, DescribesEveryEventAsItIsWritten) {
  const PublishedSchema schema("event.schema.json");
  for (const Event& event : sample_events(run_origin)) {
    const Json line = Json::parse(encode_event(event, run_origin));
    EXPECT_TRUE(schema.accepts(line)) << line;
    Json unknown = line;
    unknown["surprise"] = 1;
    EXPECT_FALSE(schema.accepts(unknown)) << unknown;
    Json untyped = line;
    untyped["type"] = "marker-seen";
    EXPECT_FALSE(schema.accepts(untyped)) << untyped;
  }
}

TEST(RunSchema, DescribesRunJsonAsItIsWritten) {
  const PublishedSchema schema("run.schema.json");
  RunInfo info = sample_info();
  info.inputs.push_back({"bench.yaml", "inputs/bench.yaml", std::string(64, 'a'), 3});
  EXPECT_TRUE(schema.accepts(Json::parse(encode_run_info(info))));
  info.ended = run_origin;
  const Json json = Json::parse(encode_run_info(info));
  EXPECT_TRUE(schema.accepts(json));
  Json without = json;
  without.erase("anchor");
  EXPECT_FALSE(schema.accepts(without));
  EXPECT_EQ(*decode_run_info(encode_run_info(info)), info);
}

}  // namespace
}  // namespace coldboot
