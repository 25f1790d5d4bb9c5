#pragma once

#include <glib.h>

/* Noise test vectors for the patterns of the protocol.
 *
 * Source: cacophony (public domain), https://github.com/haskell-cryptography/cacophony, its vectors
 * for the protocol names below, values unchanged. Everything is hexadecimal. The messages that
 * come after the handshake are transport messages with empty additional data. */

typedef struct
{
  const char *payload;
  const char *ciphertext;
} NoiseVectorMessage;

typedef struct
{
  const char        *protocol_name;
  const char        *prologue; /* of both sides */
  const char        *psk;      /* of both sides; NULL: none */
  const char        *init_static;
  const char        *init_ephemeral;
  const char        *init_remote_static;
  const char        *resp_static;
  const char        *resp_ephemeral; /* NULL: the responder sends none */
  const char        *handshake_hash;
  NoiseVectorMessage messages[6];
} NoiseVector;

static const NoiseVector noise_vector_ik = {
  .protocol_name = "Noise_IK_25519_ChaChaPoly_SHA256",
  .prologue =
    "4a6f686e2047616c74",
  .init_static =
    "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
  .init_ephemeral =
    "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
  .init_remote_static =
    "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
  .resp_static =
    "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
  .resp_ephemeral =
    "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
  .handshake_hash =
    "0b0f68fb0c27e03ce9b97565995ed4838cc0581b762ef72b062f6a546419fad7",
  .messages = {
    {
      "4c756477696720766f6e204d69736573",
      "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944718da798efbcd9"
      "1528520204f904b9bd6c7413dccdc214d951e15253e39987f18146e8cd0873654207148333479d"
      "4d16c289f0294b29960a72f48e0b7bba2e89083169825e59642148d492020664ccf7",
    },
    {
      "4d757272617920526f746862617264",
      "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088435361e70b2ed446"
      "e6c9ec387d1d6b3b840f194e373979d241b203c4acafccf5",
    },
    {
      "462e20412e20486179656b",
      "050e9f3c8fac16b68dbce8f8c4bfbf6617c897f9ada4aa29aa19c8",
    },
    {
      "4361726c204d656e676572",
      "344233a6cabb7141d80f3da2fedc311d9646bbb0f505afe403a667",
    },
    {
      "4a65616e2d426170746973746520536179",
      "62cdeeb172ad7ade7aa7d9e069da5790f12331bfa00177787a1d0810c67dc3b2b4",
    },
    {
      "457567656e2042f6686d20766f6e2042617765726b",
      "029bead1b40992327044d409d9a1f3ad8f36c3c452775d557e18bbeb2e8dfcead32d514024",
    },
  },
};

static const NoiseVector noise_vector_x = {
  .protocol_name = "Noise_X_25519_ChaChaPoly_SHA256",
  .prologue =
    "4a6f686e2047616c74",
  .init_static =
    "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
  .init_ephemeral =
    "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
  .init_remote_static =
    "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
  .resp_static =
    "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
  .resp_ephemeral =
    NULL,
  .handshake_hash =
    "e6adfaa886b76b16b2aa79c54434c77fed488c8aa66d2c545608f4352f70f664",
  .messages = {
    {
      "4c756477696720766f6e204d69736573",
      "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79446c15957a594079"
      "a5bdeae05d01e089fbb7cc6ea2ecfd209b941f73c9235213bc875f7283e9e17ebdac8112627915"
      "b455fdc3aaa6de60cb3c98302f370fdb03ea850b9b0cf22fec13e4dc0707245c8721",
    },
    {
      "4d757272617920526f746862617264",
      "9868def631af6242aaf00c35218275832d8d022af1c67b9fc5e8ba90f4d91b",
    },
    {
      "462e20412e20486179656b",
      "9fdd2576d757f880de49b32b80abf53afec16ddc86769f0e92daff",
    },
    {
      "4361726c204d656e676572",
      "0e5a48d10dfd648145b78012bc9edc8440cbb6e9e237eb8d5b9c25",
    },
    {
      "4a65616e2d426170746973746520536179",
      "11a3818b2523d06a64168b814ff680e60930e7145378cd813055f00e1725b5f9e8",
    },
    {
      "457567656e2042f6686d20766f6e2042617765726b",
      "184a48a82f921ee36371d880e2abd177f8967349e992958c66fa51bff262a37845a200d26a",
    },
  },
};

static const NoiseVector noise_vector_x_psk1 = {
  .protocol_name = "Noise_Xpsk1_25519_ChaChaPoly_SHA256",
  .prologue =
    "4a6f686e2047616c74",
  .psk =
    "54686973206973206d7920417573747269616e20706572737065637469766521",
  .init_static =
    "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
  .init_ephemeral =
    "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
  .init_remote_static =
    "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
  .resp_static =
    "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
  .resp_ephemeral =
    NULL,
  .handshake_hash =
    "15bd72b990b7f9a62c0cbe779a6199d51d837541335a26d61d86722fd1048ec9",
  .messages = {
    {
      "4c756477696720766f6e204d69736573",
      "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79445676f15674695c"
      "5b64ba4f61d3e86d0e2df7608be4640afcf621cdb220af9c3b3964590763f861e17b4d38a23447"
      "d062bd7db5311f4de140effa4c21a603a314aa4d455da8c22f7a9978901d47ff9164",
    },
    {
      "4d757272617920526f746862617264",
      "4e3db61d1fb3600be0cb26143eee053670c1d2e1378227e0415795b3a9a22b",
    },
    {
      "462e20412e20486179656b",
      "bb29759af4a7ebab215e0be4663fbfcdf81b1cf0fd939807b30730",
    },
    {
      "4361726c204d656e676572",
      "62e0aa5ed8d61b34af3f4f798d6f73051b38f2a7f2cf43ce62ef73",
    },
    {
      "4a65616e2d426170746973746520536179",
      "1cf95e5b86ac334ad831f9c74c7bb140fb4eaa1346c772262512325605f0dbb480",
    },
    {
      "457567656e2042f6686d20766f6e2042617765726b",
      "3febe9fec595b1974c674d49631d4b1658310109f8718cb2aa73ec4fe26c1e77419f5d43d4",
    },
  },
};
