#include "harness/io/http.hpp"

#include <algorithm>
#include <array>
#include <curl/curl.h>
#include <memory>
#include <stop_token>
#include <utility>

#include <fmt/format.h>

#include "harness/core/text.hpp"
#include "harness/core/units.hpp"

namespace coldboot {
namespace {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* held) const {
    release(held);
  }
};

using Easy = std::unique_ptr<CURL, Release<&curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Release<&curl_multi_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, Release<&curl_slist_free_all>>;
using Url = std::unique_ptr<CURLU, Release<&curl_url_cleanup>>;

/// Takes a request out of the connections it was put into.
struct Detach {
  CURL* easy = nullptr;
  void operator()(CURLM* multi) const { curl_multi_remove_handle(multi, easy); }
};

constexpr long logins =
    2;  // libcurl counts the second request of a digest login among those it was sent elsewhere with

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A part of a URL; empty where it has none.
std::string part_of(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, Release<&curl_free>> owned(text);
  return text;
}

/// The URL as faults show it: queries hold passwords.
std::string without_query(const std::string& url) {
  return url.substr(0, url.find_first_of("?#"));
}

std::vector<std::string> secrets_of(const HttpRequest& request) {
  std::vector<std::string> secrets = request.secrets;
  if (request.login) {
    secrets.push_back(request.login->password);
    secrets.push_back(basic_login(request.login->user, request.login->password));
  }
  return secrets;
}

/// One request on its way: what libcurl is told, and what came back.
class Exchange {
 public:
  Exchange(const HttpRequest& request, std::string where, const Until& until)
      : request_(request),
        where_(std::move(where)),
        stop_(until.stop),
        started_(steady_clock::now()),
        deadline_(std::min(until.deadline, started_ + request.answer_within)) {}

  Result<HttpAnswer> run();

 private:
  [[nodiscard]] Result<void> check() const;
  bool prepare();
  void prepare_login();
  void prepare_method();
  Result<CURLcode> transfer();
  [[nodiscard]] Result<HttpAnswer> answer_of(CURLcode code);
  [[nodiscard]] Fault fault(Cause cause, const std::string& seen, const std::string& hint = {}) const;
  [[nodiscard]] Fault not_connected() const;
  [[nodiscard]] Fault cut_off() const;
  [[nodiscard]] Fault too_late() const;
  [[nodiscard]] Fault fault_of(CURLcode code) const;
  [[nodiscard]] bool was_connected() const;
  [[nodiscard]] milliseconds left() const {
    return std::max(std::chrono::ceil<milliseconds>(deadline_ - steady_clock::now()), milliseconds(0));
  }
  template <class Value>
  void option(CURLoption which, Value value) {
    if (curl_easy_setopt(easy_.get(), which, value) != CURLE_OK) prepared_ = false;
  }

  static std::size_t take(char* bytes, std::size_t size, std::size_t count, void* exchange);

  const HttpRequest& request_;
  std::string where_;
  std::stop_token stop_;
  Instant started_;
  Instant deadline_;
  Easy easy_;
  HeaderList headers_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  bool prepared_ = true;
  bool too_long_ = false;
  HttpAnswer answer_;
};

Fault Exchange::fault(Cause cause, const std::string& seen, const std::string& hint) const {
  const std::string what = fmt::format("{} {}: {}", request_.method, without_query(request_.url), seen);
  return Fault(cause, where_, printable_line(masked(what, secrets_of(request_)), 400), hint);
}

Result<void> Exchange::check() const {
  const Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, request_.url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return Fault(Cause::mistake, where_, "found no usable URL, expected one like http://192.0.2.7/");
  if (!part_of(url, CURLUPART_USER).empty() || !part_of(url, CURLUPART_PASSWORD).empty())
    return Fault(Cause::mistake, where_, "found a user or password inside the URL, expected them beside it");
  const std::string scheme = part_of(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https")
    return fault(Cause::mistake, fmt::format("found the scheme {}, expected http or https", scheme));
  for (const std::string& header : request_.headers) {
    if (header.find_first_of("\r\n") != std::string::npos || header.find(':') == std::string::npos)
      return fault(Cause::mistake, "found a header that is not one line of the form \"Name: value\"");
  }
  return {};
}

std::size_t Exchange::take(char* bytes, std::size_t size, std::size_t count, void* exchange) {
  auto& self = *static_cast<Exchange*>(exchange);
  const std::size_t length = size * count;
  self.too_long_ = self.answer_.body.size() + length > self.request_.most_answer;
  if (self.too_long_) return 0;
  self.answer_.body.append(bytes, length);
  return length;
}

bool Exchange::prepare() {
  easy_.reset(curl_easy_init());
  if (!easy_) return false;
  option(CURLOPT_ERRORBUFFER, error_.data());
  option(CURLOPT_URL, request_.url.c_str());
  option(CURLOPT_PROTOCOLS_STR, "http,https");
  option(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  option(CURLOPT_FOLLOWLOCATION, request_.redirects > 0 ? 1L : 0L);
  option(CURLOPT_MAXREDIRS, static_cast<long>(request_.redirects) + logins);
  option(CURLOPT_PROXY, "");
  option(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  option(CURLOPT_NOSIGNAL, 1L);
  option(CURLOPT_QUICK_EXIT, 1L);  // a name server that does not answer is not waited for
  option(CURLOPT_CONNECTTIMEOUT_MS,
         std::clamp<long>(std::chrono::ceil<milliseconds>(request_.connect_within).count(), 1, left().count() + 1));
  // A connection used before may be dead, and libcurl would send the request again on a new one: twice to a device
  // that acted and then hung up.
  option(CURLOPT_FRESH_CONNECT, 1L);
  option(CURLOPT_FORBID_REUSE, 1L);
  option(CURLOPT_WRITEFUNCTION, &Exchange::take);
  option(CURLOPT_WRITEDATA, static_cast<void*>(this));
  if (!request_.trust.empty()) {
    option(CURLOPT_CAINFO, request_.trust.c_str());
    option(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  prepare_login();
  prepare_method();
  return prepared_;
}

void Exchange::prepare_login() {
  if (!request_.login) return;
  const bool digest = request_.login->scheme == HttpLogin::Scheme::digest;
  option(CURLOPT_HTTPAUTH, static_cast<long>(digest ? CURLAUTH_DIGEST : CURLAUTH_BASIC));
  option(CURLOPT_USERNAME, request_.login->user.c_str());
  option(CURLOPT_PASSWORD, request_.login->password.c_str());
}

void Exchange::prepare_method() {
  const auto add = [this](const char* header) {
    curl_slist* longer = curl_slist_append(headers_.get(), header);
    if (longer == nullptr) prepared_ = false;
    if (longer != nullptr && headers_ == nullptr) headers_.reset(longer);
  };
  for (const std::string& header : request_.headers) add(header.c_str());
  add("Expect:");  // small servers do not know "100 Continue", and libcurl would wait for it
  option(CURLOPT_HTTPHEADER, headers_.get());
  if (request_.method == "GET") return;
  option(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  option(CURLOPT_POSTFIELDS, request_.body.c_str());
  option(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

bool Exchange::was_connected() const {
  curl_off_t taken = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONNECT_TIME_T, &taken);
  return taken > 0;
}

Fault Exchange::not_connected() const {
  long error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
  const std::string why = error == 0 ? error_.data() : errno_text(static_cast<int>(error));
  return fault(Cause::lost, fmt::format("no connection ({}), expected its web server", why),
               "is the device on, and is the address right?");
}

Fault Exchange::cut_off() const {
  return fault(
      Cause::lost,
      fmt::format("the connection ended in the middle, after {} bytes of the answer's body", answer_.body.size()),
      "whether it did what it was told is not known");
}

Fault Exchange::too_late() const {
  const std::string waited = seconds_text(steady_clock::now() - started_);
  if (!was_connected()) {
    return fault(Cause::timeout, fmt::format("no connection in {}", waited),
                 "is the device on, and is the address right?");
  }
  return fault(Cause::timeout, fmt::format("no whole answer in {}, {} bytes of its body", waited, answer_.body.size()),
               "whether it did what it was told is not known");
}

Fault Exchange::fault_of(CURLcode code) const {
  const std::string said = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT: return fault(Cause::mistake, "this is no URL");
    case CURLE_COULDNT_RESOLVE_HOST: return fault(Cause::missing, "no such name is known", "is its name right?");
    case CURLE_COULDNT_CONNECT: return not_connected();
    case CURLE_OPERATION_TIMEDOUT: return too_late();
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return cut_off();
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return fault(Cause::refused, fmt::format("its certificate is not trusted: {}", said),
                   "name a file with its certificate under `trust`");
    case CURLE_SSL_CONNECT_ERROR:
      return fault(Cause::refused, fmt::format("no TLS connection: {}", said), "does it speak https on this port?");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return fault(Cause::protocol, fmt::format("found something other than HTTP: {}", said));
    case CURLE_TOO_MANY_REDIRECTS:
      return fault(Cause::protocol, fmt::format("sent elsewhere more than {} times", request_.redirects));
    default: return fault(Cause::io, said);
  }
}

Result<CURLcode> Exchange::transfer() {
  const Multi multi(curl_multi_init());
  if (!multi || curl_multi_add_handle(multi.get(), easy_.get()) != CURLM_OK)
    return fault(Cause::io, "no room for another connection");
  const std::unique_ptr<CURLM, Detach> attached(multi.get(), Detach{easy_.get()});
  const std::stop_callback on_stop(stop_, [&multi] { curl_multi_wakeup(multi.get()); });
  for (int running = 1; running > 0;) {
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK)
      return fault(Cause::io, "the connection could not be served");
    if (running == 0) break;
    if (stop_.stop_requested()) return fault(Cause::stopped, "given up, we were asked to stop");
    if (left() == milliseconds(0)) return too_late();
    curl_multi_poll(multi.get(), nullptr, 0, static_cast<int>(std::min<long>(left().count(), 60'000)), nullptr);
  }
  int more = 0;
  const CURLMsg* message = curl_multi_info_read(multi.get(), &more);
  return message == nullptr ? CURLE_FAILED_INIT : message->data.result;
}

Result<HttpAnswer> Exchange::answer_of(CURLcode code) {
  if (too_long_) return fault(Cause::protocol, fmt::format("an answer of more than {} bytes", request_.most_answer));
  if (code != CURLE_OK) return fault_of(code);
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<int>(status);
  return std::move(answer_);
}

Result<HttpAnswer> Exchange::run() {
  if (const auto good = check(); !good) return good.error();
  if (stop_.stop_requested()) return fault(Cause::stopped, "not sent, we were asked to stop");
  if (left() == milliseconds(0)) return fault(Cause::timeout, "not sent, the time for it was over");
  if (!prepare()) return fault(Cause::internal, "libcurl does not take the request");
  const auto code = transfer();
  if (!code) return code.error();
  return answer_of(*code);
}

}  // namespace

Result<HttpAnswer> http_exchange(const HttpRequest& request, const std::string& where, const Until& until) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) return Fault(Cause::internal, where, "libcurl does not start");
  return Exchange(request, where, until).run();
}

std::string url_escaped(std::string_view text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string escaped;
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

std::string basic_login(const std::string& user, const std::string& password) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t bytes_at_once = 3;
  constexpr unsigned digit_bits = 6;
  const std::string plain = user + ":" + password;
  std::string encoded;
  for (std::size_t at = 0; at < plain.size(); at += bytes_at_once) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < bytes_at_once; ++i) {
      bits = bits << 8U | (at + i < plain.size() ? static_cast<unsigned char>(plain[at + i]) : 0U);
    }
    const std::size_t count = std::min(bytes_at_once, plain.size() - at) + 1;
    for (std::size_t digit = 0; digit < 4; ++digit) {
      encoded += digit < count ? digits[bits >> (digit_bits * (3 - digit)) & 0x3FU] : '=';
    }
  }
  return encoded;
}

std::string masked(std::string text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    for (const std::string& form : {secret, url_escaped(secret)}) {
      if (form.empty()) continue;
      for (std::size_t at = text.find(form); at != std::string::npos; at = text.find(form, at + 3))
        text.replace(at, form.size(), "***");
    }
  }
  return text;
}

}  // namespace coldboot
