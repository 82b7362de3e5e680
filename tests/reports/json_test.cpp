#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "reports/json/result_json.hpp"
#include "tests/reports/golden.hpp"
#include "tests/reports/outside_tool.hpp"
#include "tests/reports/sample_runs.hpp"

namespace coldboot {
namespace {

/// What the schema has against `document`, deepest path last; empty when it is valid.
std::string objections(const nlohmann::json& document) {
  const auto text = text_of(std::string(COLDBOOT_SOURCE_DIR) + "/docs/schema/result.schema.json");
  const nlohmann::json schema_document = nlohmann::json::parse(text);
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_document), schema);
  valijson::Validator validator;
  valijson::ValidationResults results;
  validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(document), &results);
  std::string all;
  for (const auto& error : results) {
    for (const std::string& part : error.context) all += part;
    all += ": " + error.description + "\n";
  }
  return all;
}

TEST(ResultJson, LooksAsAgreed) {
  expect_golden("article.json", result_json(sample::article()));
}

TEST(ResultJson, SatisfiesItsSchema) {
  for (const RunResult& run : {sample::article(), sample::campaign(), sample::nothing(), sample::two_benches(),
                               sample::three_configurations(), sample::hostile_console()}) {
    EXPECT_EQ(objections(nlohmann::json::parse(result_json(run))), "") << run.scenario;
  }
}

TEST(ResultJson, ItsSchemaNoticesAMissingAndAnUnknownKey) {
  const nlohmann::json good = nlohmann::json::parse(result_json(sample::article()));
  nlohmann::json missing = good;
  missing["boots"][0].erase("spans");
  EXPECT_NE(objections(missing), "");
  nlohmann::json unknown = good;
  unknown["limits"][0]["colour"] = "red";
  EXPECT_NE(objections(unknown), "");
}

TEST(ResultJson, KeepsTimesToTheNanosecond) {
  RunResult run = sample::all_pass();
  run.boots[0].spans[0].duration = Nanos(5'912'345'678);
  run.took = Nanos::max();
  const nlohmann::json read = nlohmann::json::parse(result_json(run));
  EXPECT_EQ(read["boots"][0]["spans"][0]["duration_ns"], 5'912'345'678);
  EXPECT_EQ(read["took_ns"], Nanos::max().count());
}

TEST(ResultJson, WritesNullWhereThereIsNoNumber) {
  RunResult run = sample::article();
  run.limits[0].value = std::numeric_limits<double>::quiet_NaN();
  run.limits[0].upper = std::numeric_limits<double>::infinity();
  run.boots[0].started.reset();
  const nlohmann::json read = nlohmann::json::parse(result_json(run));
  EXPECT_TRUE(read["limits"][0]["value"].is_null());
  EXPECT_TRUE(read["limits"][0]["upper"].is_null());
  EXPECT_TRUE(read["boots"][0]["started_ns"].is_null());
}

TEST(ResultJson, HoldsAnyByteAsText) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  EXPECT_EQ(objections(nlohmann::json::parse(result_json(sample::filled_with(bytes)))), "");
}

}  // namespace
}  // namespace coldboot
