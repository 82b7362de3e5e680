#include "drivers/http/http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/web/outlet_server.hpp"

namespace coldboot {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

Until http_patience() {
  return Until(std::chrono::steady_clock::now() + 30s);
}

WebOutlet outlet_at(const std::string& url, const HttpTemplates& templates) {
  return {WebDevice::open({.url = url}, HttpLogin::Scheme::basic, {}, "bench/power").value(), http_language(templates)};
}

TEST(HttpRelay, HasTheChannelFilledIn) {
  EXPECT_EQ(filled_in("/{channel}/{index}/{channel}", 4), "/4/3/4");
  EXPECT_EQ(filled_in("/{other}", 4), "/{other}");
}

TEST(HttpRelay, SendsWhatItsTemplatesSay) {
  const HttpServer server([](const ServedRequest&) { return ServedAnswer{.body = "OK 2"}; });
  WebOutlet relay = outlet_at(server.url(), {.method = "PUT",
                                             .closed = "/relay/{index}",
                                             .open = "/relay/{index}",
                                             .closed_body = R"({"n":{channel},"on":true})",
                                             .open_body = R"({"n":{channel},"on":false})",
                                             .taken = "OK {channel}"});
  ASSERT_TRUE(relay.set(2, Contact::closed, http_patience()));
  ASSERT_TRUE(relay.set(2, Contact::open, http_patience()));
  EXPECT_THAT(server.asked(), ElementsAre("PUT /relay/1", "PUT /relay/1"));
  EXPECT_EQ(server.requests().at(0).body, R"({"n":2,"on":true})");
  EXPECT_EQ(server.requests().at(1).body, R"({"n":2,"on":false})");
  EXPECT_EQ(server.requests().at(0).header("content-type"), "application/json");
}

TEST(HttpRelay, IsNotBelievedWithoutTheWordThatSaysItWasTaken) {
  const HttpServer server([](const ServedRequest&) { return ServedAnswer{.body = "ERROR"}; });
  WebOutlet relay = outlet_at(server.url(), {.closed = "/1", .open = "/0", .taken = "OK"});
  const auto refused = relay.set(1, Contact::closed, http_patience());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause(), Cause::protocol);
  EXPECT_THAT(refused.error().text(), HasSubstr("ERROR"));
}

TEST(HttpRelay, HasNoStateWhereNobodySaidHowToAsk) {
  const HttpServer server([](const ServedRequest&) { return ServedAnswer{}; });
  WebOutlet relay = outlet_at(server.url(), {.closed = "/1", .open = "/0"});
  EXPECT_EQ(relay.read(1, http_patience()).value(), std::nullopt);
  EXPECT_TRUE(server.asked().empty());
}

TEST(HttpRelay, IsReadFromOneOfTwoTexts) {
  const HttpTemplates templates{.closed_answer = "{channel}=on", .open_answer = "{channel}=off"};
  EXPECT_EQ(read_http("1=on 2=off", templates, 1).value(), Contact::closed);
  EXPECT_EQ(read_http("1=on 2=off", templates, 2).value(), Contact::open);
  EXPECT_EQ(read_http("3=on", templates, 1).error().cause(), Cause::protocol);
  EXPECT_EQ(read_http("1=on 1=off", templates, 1).error().cause(), Cause::protocol);
}

TEST(HttpRelay, SaysWhatIsWrongWithItsTemplates) {
  const HttpTemplates good{.closed = "/1", .open = "/0"};
  EXPECT_TRUE(check_templates(good));
  const auto refused = [&](auto change) {
    HttpTemplates bad = good;
    change(bad);
    return !check_templates(bad).has_value();
  };
  EXPECT_TRUE(refused([](HttpTemplates& t) { t.closed = "http://elsewhere/1"; }));
  EXPECT_TRUE(refused([](HttpTemplates& t) { t.open = "/turn off"; }));
  EXPECT_TRUE(refused([](HttpTemplates& t) { t.open = t.closed; }));
  EXPECT_TRUE(refused([](HttpTemplates& t) { t.closed_body = "1"; }));
  EXPECT_TRUE(refused([](HttpTemplates& t) { t.state = "/state"; }));
}

}  // namespace
}  // namespace coldboot
