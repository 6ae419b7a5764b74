// The side that vendors see (CP-UPSTREAM): whoever cannot prove to be the vendor gets no byte.
#include "tests/unit/tls/session_fixture.h"

namespace sallyport::tls {
namespace {

class ClientSession : public SessionFixture {
 protected:
  struct Against {
    const Leaf* leaf = nullptr;
    std::vector<SpkiHash> pins;
    int version = 0;  // 0: any
    std::string host = "vendor.test";
    size_t cut = 0;
    std::string ca_pem = {};  // none: the authority's
  };
  State meet(const Against& against) {
    ClientOptions options;
    options.host = against.host;
    options.ca_pem = against.ca_pem.empty() ? pem_of(authority_.root.get()) : against.ca_pem;
    options.pins = against.pins;
    std::string error;
    session_.reset();
    in_.clear();
    plain_.clear();
    context_ = ClientContext::create(options, stores_, error);
    EXPECT_NE(context_, nullptr) << error;
    EXPECT_TRUE(session_.init_client(*context_, ciphertext_));
    server_ = std::make_unique<OpensslPeer>(true);
    server_->use(*against.leaf);
    if (against.version != 0) server_->versions(against.version, against.version);
    if (prepare_) prepare_(*server_);
    server_->give(ours(session_, {}));  // the first call says hello
    shake(session_, *server_, against.cut);
    return session_.state();
  }
  void expect_refused(const Leaf& leaf, Failure failure, std::vector<SpkiHash> pins = {}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      EXPECT_EQ(meet({&leaf, pins, version}), State::Failed);
      EXPECT_EQ(session_.failure(), failure) << failure_name(session_.failure());
      // I1: not a byte is sealed for it.
      mem::ByteChain out;
      const uint8_t byte = 1;
      EXPECT_FALSE(session_.seal({&byte, 1}, out));
      server_->write("unasked");
      ours(session_, server_->take());
      EXPECT_EQ(take_plain(), "");
      in_.clear();
    }
  }

  // One for all contexts of a test, as for all vendors of a policy.
  std::shared_ptr<TrustStores> stores_ = std::make_shared<TrustStores>();
  std::unique_ptr<ClientContext> context_;
  std::unique_ptr<OpensslPeer> server_;
  std::function<void(OpensslPeer&)> prepare_;
  Session session_;
};

TEST_F(ClientSession, AVendorThatProvesItselfIsSpokenTo) {
  const Leaf leaf(authority_, Wanted{});
  const Leaf rsa(authority_, Wanted{}, true);
  for (const Leaf* which : {&leaf, &rsa}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      ASSERT_EQ(meet({which, {}, version}), State::Open) << failure_name(session_.failure());
      EXPECT_EQ(session_.version(), version);
      EXPECT_EQ(session_.peer_spki(), spki_of(which->certificate.get()));
      EXPECT_STREQ(SSL_get_servername(server_->ssl(), TLSEXT_NAMETYPE_host_name), "vendor.test");
      server_->give(seal(session_, "request"));
      EXPECT_EQ(server_->read(), "request");
      server_->write("answer");
      ours(session_, server_->take());
      EXPECT_EQ(take_plain(), "answer");
    }
  }
}

// What evidence says of a vendor is what OpenSSL's other side really did.
TEST_F(ClientSession, WhatWasAgreedAndShownIsKnown) {
  const Leaf leaf(authority_, Wanted{});
  prepare_ = [&](OpensslPeer& server) {
    SSL_CTX_add1_chain_cert(server.context(), authority_.root.get());
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ASSERT_EQ(meet({&leaf, {}, version}), State::Open) << failure_name(session_.failure());
    EXPECT_EQ(session_.cipher_suite(),
              SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(server_->ssl())));
    EXPECT_EQ(session_.server_name(), "vendor.test");
    EXPECT_EQ(session_.peer_chain().count, 2);
    EXPECT_EQ(session_.peer_chain().sha256[0], fingerprint_of(leaf.certificate.get()));
    EXPECT_EQ(session_.peer_chain().sha256[1], fingerprint_of(authority_.root.get()));
    EXPECT_EQ(session_.peer_chain().sha256[2], SpkiHash{});
    EXPECT_EQ(session_.client_certificate(), ClientCertificate::NotRequested);
    EXPECT_FALSE(session_.is_pinned());
  }
  session_.reset();
  EXPECT_EQ(session_.peer_chain().count, 0);
  EXPECT_EQ(session_.peer_spki(), SpkiHash{});
  EXPECT_EQ(session_.cipher_suite(), 0);
}

TEST_F(ClientSession, AChainLongerThanIsKeptIsCounted) {
  const Leaf leaf(authority_, Wanted{});
  prepare_ = [&](OpensslPeer& server) {
    for (size_t i = 0; i < kCertificatesMax + 2; ++i)
      SSL_CTX_add1_chain_cert(server.context(), authority_.root.get());
  };
  ASSERT_EQ(meet({&leaf, {}}), State::Open) << failure_name(session_.failure());
  EXPECT_EQ(session_.peer_chain().count, kCertificatesMax + 3);
  EXPECT_EQ(session_.peer_chain().sha256.back(), fingerprint_of(authority_.root.get()));
}

TEST_F(ClientSession, AVendorThatWantsOurCertificateIsNoticed) {
  const Leaf leaf(authority_, Wanted{});
  prepare_ = [](OpensslPeer& server) {
    SSL_CTX_set_verify(server.context(), SSL_VERIFY_PEER, nullptr);
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ASSERT_EQ(meet({&leaf, {}, version}), State::Open) << failure_name(session_.failure());
    EXPECT_EQ(session_.client_certificate(), ClientCertificate::NotSent);
    EXPECT_EQ(SSL_get0_peer_certificate(server_->ssl()), nullptr);
  }
  prepare_ = nullptr;
  ASSERT_EQ(meet({&leaf, {}}), State::Open);
  EXPECT_EQ(session_.client_certificate(), ClientCertificate::NotRequested);
}

// Of who was refused, too, it is known what it showed.
TEST_F(ClientSession, TheChainOfARefusedVendorIsKnown) {
  const Authority stranger("another root");
  const Leaf unknown(stranger, Wanted{});
  const Leaf other(authority_, Wanted{});
  const SpkiHash pin = spki_of(unknown.certificate.get());
  for (const Leaf* leaf : {&unknown, &other})
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      ASSERT_EQ(meet({leaf, {pin}, version}), State::Failed);
      EXPECT_EQ(session_.peer_spki(), spki_of(leaf->certificate.get()));
      EXPECT_EQ(session_.peer_chain().count, 1);
      EXPECT_EQ(session_.peer_chain().sha256[0], fingerprint_of(leaf->certificate.get()));
      EXPECT_TRUE(session_.is_pinned());
    }
}

TEST_F(ClientSession, AServerFlightCutAnywhereIsTheSameHandshake) {
  const Leaf leaf(authority_, Wanted{});
  for (size_t cut = 1; cut < 1'200; cut += 7)
    ASSERT_EQ(meet({&leaf, {}, 0, "vendor.test", cut}), State::Open) << cut;
}

TEST_F(ClientSession, ThePinnedKeyIsTheOnlyOne) {
  const Leaf leaf(authority_, Wanted{});
  const Leaf other(authority_, Wanted{});
  const SpkiHash pin = spki_of(leaf.certificate.get());
  EXPECT_EQ(meet({&leaf, {pin}}), State::Open);
  EXPECT_EQ(meet({&leaf, {spki_of(other.certificate.get()), pin}}), State::Open);
  expect_refused(other, Failure::PinMismatch, {pin});
  // The root's key is in the chain, and is not the leaf's.
  expect_refused(other, Failure::PinMismatch, {spki_of(authority_.root.get())});
}

TEST_F(ClientSession, EveryBadCertificateHasItsName) {
  const Authority stranger("another root");
  const Authority impostor;  // the same name, another key
  Wanted expired;
  expired.valid_from_s = -7'200;
  expired.valid_for_s = -3'600;
  Wanted early;
  early.valid_from_s = 3'600;
  Wanted other_name;
  other_name.common_name = other_name.san = "";
  other_name.san = "DNS:elsewhere.test";
  Wanted name_only_in_cn;
  name_only_in_cn.san = "";
  Wanted both;
  both.san = "DNS:elsewhere.test";
  Wanted partial;
  partial.san = "DNS:v*.test";
  expect_refused(Leaf(stranger, Wanted{}), Failure::UnknownCa);
  expect_refused(Leaf(impostor, Wanted{}), Failure::BadCertificate);
  expect_refused(Leaf(Wanted{}), Failure::SelfSigned);
  expect_refused(Leaf(authority_, expired), Failure::Expired);
  expect_refused(Leaf(authority_, early), Failure::Expired);
  expect_refused(Leaf(authority_, other_name), Failure::NameMismatch);
  expect_refused(Leaf(authority_, name_only_in_cn), Failure::NameMismatch);
  expect_refused(Leaf(authority_, both), Failure::NameMismatch);
  expect_refused(Leaf(authority_, partial), Failure::NameMismatch);
}

TEST_F(ClientSession, APinDoesNotExcuseABadChain) {
  const Authority stranger("another root");
  const Leaf leaf(stranger, Wanted{});
  expect_refused(leaf, Failure::UnknownCa, {spki_of(leaf.certificate.get())});
}

TEST_F(ClientSession, AWholeWildcardLabelIsAName) {
  Wanted wildcard;
  wildcard.san = "DNS:*.vendor.test";
  const Leaf leaf(authority_, wildcard);
  EXPECT_EQ(meet({&leaf, {}, 0, "api.vendor.test"}), State::Open);
  for (const char* host : {"vendor.test", "a.api.vendor.test", "apivendor.test"}) {
    EXPECT_EQ(meet({&leaf, {}, 0, host}), State::Failed) << host;
    EXPECT_EQ(session_.failure(), Failure::NameMismatch) << host;
  }
}

TEST_F(ClientSession, ALeafIsNoAuthority) {
  // A certificate that a mere leaf has signed.
  const Leaf leaf(authority_, Wanted{});
  Leaf forged(Wanted{});
  forged.certificate =
      make_certificate(forged.key.get(), Wanted{}, leaf.certificate.get(), leaf.key.get());
  prepare_ = [&](OpensslPeer& server) {
    SSL_CTX_add1_chain_cert(server.context(), leaf.certificate.get());
  };
  EXPECT_EQ(meet({&forged, {}}), State::Failed);
}

TEST_F(ClientSession, WeakServersAreRefused) {
  const Leaf rsa(authority_, Wanted{}, true);
  for (const char* suites : {"AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "AES256-SHA"}) {
    prepare_ = [suites](OpensslPeer& server) {
      SSL_CTX_set_security_level(server.context(), 0);
      ASSERT_EQ(SSL_CTX_set_cipher_list(server.context(), suites), 1);
    };
    EXPECT_EQ(meet({&rsa, {}, TLS1_2_VERSION}), State::Failed) << suites;
  }
  prepare_ = [](OpensslPeer& server) { SSL_CTX_set_security_level(server.context(), 0); };
  EXPECT_EQ(meet({&rsa, {}, TLS1_1_VERSION}), State::Failed);
}

TEST_F(ClientSession, OnlyHttp11IsSpoken) {
  const Leaf leaf(authority_, Wanted{});
  static const std::string* answer = nullptr;
  prepare_ = [](OpensslPeer& server) {
    SSL_CTX_set_alpn_select_cb(
        server.context(),
        [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned,
           void*) {
          if (answer == nullptr) return SSL_TLSEXT_ERR_NOACK;
          *out = reinterpret_cast<const unsigned char*>(answer->data());
          *size = static_cast<unsigned char>(answer->size());
          return SSL_TLSEXT_ERR_OK;
        },
        nullptr);
  };
  EXPECT_EQ(meet({&leaf, {}}), State::Open);  // a server that does not speak ALPN
  const std::string good = "http/1.1";
  answer = &good;
  EXPECT_EQ(meet({&leaf, {}}), State::Open);
  const std::string bad = "h2";
  answer = &bad;
  EXPECT_EQ(meet({&leaf, {}}), State::Failed);
  answer = nullptr;
}

TEST_F(ClientSession, TruncationIsNotAnEnd) {
  const Leaf leaf(authority_, Wanted{});
  ASSERT_EQ(meet({&leaf, {}}), State::Open);
  server_->write("answer");
  const std::string record = server_->take();
  ours(session_, std::string_view(record).substr(0, record.size() / 2));
  EXPECT_FALSE(session_.saw_close_notify());
  ours(session_, std::string_view(record).substr(record.size() / 2));
  EXPECT_EQ(take_plain(), "answer");
  SSL_shutdown(server_->ssl());
  ours(session_, server_->take());
  EXPECT_TRUE(session_.saw_close_notify());
}

TEST_F(ClientSession, RootsThatCannotBeReadAreSaid) {
  std::string error;
  EXPECT_EQ(ClientContext::create({"vendor.test", "no certificate", {}}, stores_, error), nullptr);
  EXPECT_NE(error.find("vendor.test"), std::string::npos);
  EXPECT_EQ(stores_->count(), 0U);
}

// Vendors share the roots they name alike, never those of another, and never a pin.
TEST_F(ClientSession, SharedRootsAreNobodyElses) {
  const Authority other("another root");
  const Leaf leaf(authority_, Wanted{});
  const Leaf second(authority_, Wanted{});
  const Leaf others(other, Wanted{});
  const SpkiHash pin = spki_of(leaf.certificate.get());
  const std::string other_pem = pem_of(other.root.get());
  EXPECT_EQ(meet({&leaf, {pin}}), State::Open);
  EXPECT_EQ(meet({&second, {}}), State::Open);  // the same roots, without the first one's pin
  EXPECT_EQ(stores_->count(), 1U);
  EXPECT_EQ(meet({&others, {}, 0, "vendor.test", 0, other_pem}), State::Open);
  EXPECT_EQ(stores_->count(), 2U);
  EXPECT_EQ(meet({&leaf, {}, 0, "vendor.test", 0, other_pem}), State::Failed);
  EXPECT_EQ(session_.failure(), Failure::UnknownCa);
  expect_refused(others, Failure::UnknownCa);
  expect_refused(second, Failure::PinMismatch, {pin});
  EXPECT_EQ(stores_->count(), 2U);
}

// The roots of the host are read once for all vendors that name none of their own.
TEST_F(ClientSession, TheRootsOfTheHostAreOneStore) {
  std::string error;
  const auto first = ClientContext::create({"a.test", "", {}}, stores_, error);
  const auto again = ClientContext::create({"b.test", "", {}}, stores_, error);
  ASSERT_NE(first, nullptr) << error;
  ASSERT_NE(again, nullptr) << error;
  EXPECT_EQ(SSL_CTX_get_cert_store(first->native()), SSL_CTX_get_cert_store(again->native()));
  EXPECT_EQ(stores_->count(), 1U);
}

}  // namespace
}  // namespace sallyport::tls
