#include "config.h"

#include "udpnat-noise.h"

#include "udpnat-dh-private.h"
#include "udpnat-resumption-private.h"
#include "udpnat-symmetric-private.h"

#include <sodium.h>
#include <string.h>

/* HandshakeState of the Noise protocol framework, revision 34, section 5.3: works off the tokens
 * of a message pattern. What is hashed and encrypted, and how, is in udpnat-symmetric.c; headers,
 * MACs, timestamps and retransmission are in transport.
 *
 * The patterns are those that PROTOCOL.md needs (section 7.5, 7.4 and 9.4 of the Noise paper):
 *
 *     IK:  <- s               X:  <- s               Xpsk1:  <- s
 *          ...                    ...                        ...
 *          -> e, es, s, ss        -> e, es, s, ss            -> e, es, s, ss, psk
 *          <- e, ee, se
 *
 * In a handshake with a pre-shared key each e goes into the key as well (section 9.2), so that
 * the key is never the same twice, whatever the pre-shared one is.
 *
 * The ephemeral secret is handed in: this layer has no source of randomness. Whoever makes a
 * handshake must draw a new one each time.
 *
 * A resumption has two messages like IK, but no Diffie-Hellman, and is none of Noise's: in place of
 * e stand 32 random bytes, in place of s a ticket, and the keys come of the secret that goes with
 * it (udpnat-resumption.c).
 *
 * A message that cannot be read changes nothing. Anyone can send a wrong HS2 to somebody who waits
 * for one, and must not be able to spoil the handshake by that. */

G_STATIC_ASSERT (UDPNAT_NOISE_HASH_BYTES == UDPNAT_SYMMETRIC_HASH_BYTES);
G_STATIC_ASSERT (UDPNAT_NOISE_TAG_BYTES == UDPNAT_SYMMETRIC_TAG_BYTES);

#define TOKENS_MAX 5
#define MESSAGES_MAX 2
#define SEALED_KEY_BYTES (UDPNAT_KEY_BYTES + UDPNAT_NOISE_TAG_BYTES)

G_STATIC_ASSERT (UDPNAT_RESUMPTION_RANDOM_BYTES == UDPNAT_KEY_BYTES);
G_STATIC_ASSERT (UDPNAT_RESUMPTION_TAG_BYTES == UDPNAT_NOISE_TAG_BYTES);

typedef enum
{
  TOKEN_END,
  TOKEN_E,
  TOKEN_S,
  TOKEN_EE,
  TOKEN_ES,
  TOKEN_SE,
  TOKEN_SS,
  TOKEN_PSK,
  /* of a resumption */
  TOKEN_RANDOM,
  TOKEN_TICKET,
} Token;

typedef struct
{
  const char *name;
  gboolean    has_psk;
  guint       n_messages;
  Token       messages[MESSAGES_MAX][TOKENS_MAX + 1];
} Pattern;

static const Pattern patterns[] = {
  [UDPNAT_NOISE_IK] = {
    .name = "Noise_IK_25519_ChaChaPoly_SHA256",
    .n_messages = 2,
    .messages = {
      { TOKEN_E, TOKEN_ES, TOKEN_S, TOKEN_SS },
      { TOKEN_E, TOKEN_EE, TOKEN_SE },
    },
  },
  [UDPNAT_NOISE_X] = {
    .name = "Noise_X_25519_ChaChaPoly_SHA256",
    .n_messages = 1,
    .messages = {
      { TOKEN_E, TOKEN_ES, TOKEN_S, TOKEN_SS },
    },
  },
  [UDPNAT_NOISE_X_PSK1] = {
    .name = "Noise_Xpsk1_25519_ChaChaPoly_SHA256",
    .has_psk = TRUE,
    .n_messages = 1,
    .messages = {
      { TOKEN_E, TOKEN_ES, TOKEN_S, TOKEN_SS, TOKEN_PSK },
    },
  },
};

static const Pattern resumption = {
  .n_messages = 2,
  .messages = {
    { TOKEN_RANDOM, TOKEN_TICKET },
    { TOKEN_RANDOM },
  },
};

/* What a message may change; a copy of it is the way back. */
typedef struct
{
  union
  {
    UdpnatSymmetric  symmetric;
    UdpnatResumption resumption;
  };
  UdpnatPublicKey remote_static;
  UdpnatPublicKey remote_ephemeral; /* or its random bytes */
  gboolean        has_remote_static;
  gboolean        has_remote_ephemeral;
  guint           n_messages; /* written or read so far */
} State;

struct _UdpnatNoise
{
  const Pattern  *pattern;
  gboolean        is_initiator;
  gboolean        is_broken; /* a write failed */
  gboolean        is_split;
  gboolean        has_psk;
  guint8          psk[UDPNAT_NOISE_PSK_BYTES];
  guint8          static_secret[UDPNAT_KEY_BYTES];
  UdpnatPublicKey static_key;
  guint8          ephemeral_secret[UDPNAT_KEY_BYTES];
  UdpnatPublicKey ephemeral_key; /* or this side's random bytes */
  guint8          ticket[UDPNAT_TICKET_BYTES];
  UdpnatPublicKey responder_key; /* of a resumption */
  State           state;
};

static UdpnatNoise *
noise_new (UdpnatNoisePattern     pattern,
           gboolean               is_initiator,
           const guint8          *prologue,
           gsize                  n_prologue,
           const UdpnatIdentity  *local,
           const UdpnatPublicKey *responder,
           const guint8          *ephemeral_secret)
{
  UdpnatNoise *self = g_new0 (UdpnatNoise, 1);
  int failed;

  self->pattern = &patterns[pattern];
  self->is_initiator = is_initiator;
  self->static_key = *udpnat_identity_get_public_key (local);
  memcpy (self->static_secret, udpnat_identity_get_secret (local), UDPNAT_KEY_BYTES);
  memcpy (self->ephemeral_secret, ephemeral_secret, UDPNAT_KEY_BYTES);
  failed = crypto_scalarmult_base (self->ephemeral_key.bytes, self->ephemeral_secret);
  g_assert (failed == 0);

  udpnat_symmetric_init (&self->state.symmetric, self->pattern->name);
  udpnat_symmetric_mix_hash (&self->state.symmetric, prologue, n_prologue);
  /* The pre-message "<- s" that all patterns begin with. */
  udpnat_symmetric_mix_hash (&self->state.symmetric, responder->bytes, UDPNAT_KEY_BYTES);

  return self;
}

/**
 * udpnat_noise_new_initiator:
 * @prologue: (array length=n_prologue): both sides must have the same
 * @local: copied
 * @remote: the responder's static key, known beforehand
 * @ephemeral_secret: random, never used before; copied
 *
 * Returns: (transfer full): the side that writes first
 */
UdpnatNoise *
udpnat_noise_new_initiator (UdpnatNoisePattern     pattern,
                            const guint8          *prologue,
                            gsize                  n_prologue,
                            const UdpnatIdentity  *local,
                            const UdpnatPublicKey *remote,
                            const guint8           ephemeral_secret[UDPNAT_KEY_BYTES])
{
  UdpnatNoise *self = noise_new (pattern, TRUE, prologue, n_prologue, local, remote,
                                 ephemeral_secret);

  self->state.remote_static = *remote;
  self->state.has_remote_static = TRUE;

  return self;
}

/**
 * udpnat_noise_new_responder:
 * @prologue: (array length=n_prologue): both sides must have the same
 * @local: copied
 * @ephemeral_secret: random, never used before; copied. Not used by the patterns of one message
 *
 * Returns: (transfer full): the side that reads first
 */
UdpnatNoise *
udpnat_noise_new_responder (UdpnatNoisePattern    pattern,
                            const guint8         *prologue,
                            gsize                 n_prologue,
                            const UdpnatIdentity *local,
                            const guint8          ephemeral_secret[UDPNAT_KEY_BYTES])
{
  return noise_new (pattern, FALSE, prologue, n_prologue, local,
                    udpnat_identity_get_public_key (local), ephemeral_secret);
}

static UdpnatNoise *
resumption_new (gboolean               is_initiator,
                const UdpnatPublicKey *responder,
                const UdpnatPublicKey *remote,
                const guint8          *secret,
                const guint8          *random)
{
  UdpnatNoise *self = g_new0 (UdpnatNoise, 1);

  self->pattern = &resumption;
  self->is_initiator = is_initiator;
  self->responder_key = *responder;
  memcpy (self->psk, secret, sizeof self->psk);
  memcpy (self->ephemeral_key.bytes, random, UDPNAT_KEY_BYTES);
  self->state.remote_static = *remote;
  self->state.has_remote_static = TRUE;

  return self;
}

/**
 * udpnat_noise_new_resuming:
 * @remote: static key of the server that made the ticket
 * @ticket: copied
 * @random: never used before with this ticket; copied
 *
 * Returns: (transfer full): the client's side of a resumption, which writes first
 */
UdpnatNoise *
udpnat_noise_new_resuming (const UdpnatPublicKey *remote,
                           const UdpnatTicket    *ticket,
                           const guint8           random[UDPNAT_KEY_BYTES])
{
  UdpnatNoise *self = resumption_new (TRUE, remote, remote, ticket->secret, random);

  memcpy (self->ticket, ticket->bytes, sizeof self->ticket);

  return self;
}

/**
 * udpnat_noise_new_resumed:
 * @local: static key of the server itself
 * @remote: whose the ticket is
 * @secret: that goes with the ticket in the first message; copied
 * @random: new for each handshake; copied
 *
 * Returns: (transfer full): the server's side of a resumption, which reads first
 */
UdpnatNoise *
udpnat_noise_new_resumed (const UdpnatPublicKey *local,
                          const UdpnatPublicKey *remote,
                          const guint8           secret[UDPNAT_TICKET_SECRET_BYTES],
                          const guint8           random[UDPNAT_KEY_BYTES])
{
  return resumption_new (FALSE, local, remote, secret, random);
}

/**
 * udpnat_noise_set_psk:
 * @psk: known to both sides, and to nobody else; copied
 *
 * Must be called, before the first message, for a pattern that has a pre-shared key, and for no
 * other.
 */
void
udpnat_noise_set_psk (UdpnatNoise  *self,
                      const guint8  psk[UDPNAT_NOISE_PSK_BYTES])
{
  g_assert (self->pattern->has_psk && self->state.n_messages == 0);

  memcpy (self->psk, psk, UDPNAT_NOISE_PSK_BYTES);
  self->has_psk = TRUE;
}

/**
 * udpnat_noise_free:
 * @self: (nullable): wiped and freed
 */
void
udpnat_noise_free (UdpnatNoise *self)
{
  if (self == NULL)
    return;

  sodium_memzero (self, sizeof *self);
  g_free (self);
}

/* ---- Tokens ---- */

static gboolean
mix_dh (UdpnatNoise           *self,
        const guint8          *secret,
        const UdpnatPublicKey *remote)
{
  guint8 shared[UDPNAT_KEY_BYTES];
  gboolean usable;

  usable = udpnat_dh_compute (secret, remote, shared);
  if (usable)
    udpnat_symmetric_mix_key (&self->state.symmetric, shared);
  sodium_memzero (shared, sizeof shared);

  return usable;
}

/* A public key that is sent in the clear. */
static void
mix_ephemeral (UdpnatNoise  *self,
               const guint8 *ephemeral)
{
  udpnat_symmetric_mix_hash (&self->state.symmetric, ephemeral, UDPNAT_KEY_BYTES);
  if (self->pattern->has_psk)
    udpnat_symmetric_mix_key (&self->state.symmetric, ephemeral);
}

static void
mix_psk (UdpnatNoise *self)
{
  g_assert (self->has_psk);

  udpnat_symmetric_mix_key_and_hash (&self->state.symmetric, self->psk);
}

/* The first letter of a token names the initiator's key, the second the responder's. */
static gboolean
mix_dh_token (UdpnatNoise *self,
              gboolean     initiator_ephemeral,
              gboolean     responder_ephemeral)
{
  gboolean local_ephemeral = self->is_initiator ? initiator_ephemeral : responder_ephemeral;
  gboolean remote_ephemeral = self->is_initiator ? responder_ephemeral : initiator_ephemeral;
  const State *state = &self->state;

  g_assert (remote_ephemeral ? state->has_remote_ephemeral : state->has_remote_static);

  return mix_dh (self,
                 local_ephemeral ? self->ephemeral_secret : self->static_secret,
                 remote_ephemeral ? &state->remote_ephemeral : &state->remote_static);
}

static gsize
get_token_bytes (Token token)
{
  switch (token)
    {
    case TOKEN_E:
      return UDPNAT_KEY_BYTES;
    case TOKEN_S:
      return SEALED_KEY_BYTES;
    case TOKEN_RANDOM:
      return UDPNAT_RESUMPTION_RANDOM_BYTES;
    case TOKEN_TICKET:
      return UDPNAT_TICKET_BYTES;
    case TOKEN_END:
    case TOKEN_EE:
    case TOKEN_ES:
    case TOKEN_SE:
    case TOKEN_SS:
    case TOKEN_PSK:
      return 0;
    }

  g_assert_not_reached ();
}

static const Token *
get_tokens (const UdpnatNoise *self)
{
  return self->pattern->messages[self->state.n_messages];
}

/* Length of the next message without its payload. */
static gsize
get_overhead_bytes (const UdpnatNoise *self)
{
  gsize n = UDPNAT_NOISE_TAG_BYTES;

  for (const Token *token = get_tokens (self); *token != TOKEN_END; token++)
    n += get_token_bytes (*token);

  return n;
}

static gboolean
is_turn (const UdpnatNoise *self,
         gboolean           to_write)
{
  gboolean initiators = self->state.n_messages % 2 == 0;

  return !self->is_broken
         && !udpnat_noise_is_complete (self)
         && (initiators == self->is_initiator) == to_write;
}

/* ---- Resumption ---- */

/* @random of whoever writes this message, @ticket of the first one. */
static void
resume (UdpnatNoise  *self,
        const guint8 *random,
        const guint8 *ticket)
{
  if (self->state.n_messages == 0)
    udpnat_resumption_begin (&self->state.resumption, &self->responder_key, self->psk, random,
                             ticket);
  else
    udpnat_resumption_answer (&self->state.resumption, random);
}

static void
write_resumption (UdpnatNoise  *self,
                  const guint8 *payload,
                  gsize         n_payload,
                  guint8       *out)
{
  resume (self, self->ephemeral_key.bytes, self->ticket);
  memcpy (out, self->ephemeral_key.bytes, UDPNAT_RESUMPTION_RANDOM_BYTES);
  out += UDPNAT_RESUMPTION_RANDOM_BYTES;
  if (self->is_initiator)
    {
      memcpy (out, self->ticket, UDPNAT_TICKET_BYTES);
      out += UDPNAT_TICKET_BYTES;
    }
  udpnat_resumption_seal (&self->state.resumption, payload, n_payload, out);
}

static gboolean
read_resumption (UdpnatNoise  *self,
                 const guint8 *message,
                 gsize         n_sealed_payload,
                 guint8       *out_payload)
{
  const guint8 *ticket = message + UDPNAT_RESUMPTION_RANDOM_BYTES;
  const guint8 *sealed = ticket + (self->is_initiator ? 0 : UDPNAT_TICKET_BYTES);

  memcpy (self->state.remote_ephemeral.bytes, message, UDPNAT_RESUMPTION_RANDOM_BYTES);
  self->state.has_remote_ephemeral = TRUE;
  resume (self, message, ticket);

  return udpnat_resumption_open (&self->state.resumption, sealed, n_sealed_payload, out_payload);
}

/* ---- Writing ---- */

static gboolean
write_token (UdpnatNoise *self,
             Token        token,
             guint8      *out)
{
  UdpnatSymmetric *symmetric = &self->state.symmetric;

  switch (token)
    {
    case TOKEN_E:
      memcpy (out, self->ephemeral_key.bytes, UDPNAT_KEY_BYTES);
      mix_ephemeral (self, out);
      return TRUE;
    case TOKEN_S:
      udpnat_symmetric_encrypt_and_hash (symmetric, self->static_key.bytes, UDPNAT_KEY_BYTES, out);
      return TRUE;
    case TOKEN_EE:
      return mix_dh_token (self, TRUE, TRUE);
    case TOKEN_ES:
      return mix_dh_token (self, TRUE, FALSE);
    case TOKEN_SE:
      return mix_dh_token (self, FALSE, TRUE);
    case TOKEN_SS:
      return mix_dh_token (self, FALSE, FALSE);
    case TOKEN_PSK:
      mix_psk (self);
      return TRUE;
    case TOKEN_RANDOM:
    case TOKEN_TICKET:
    case TOKEN_END:
      break;
    }

  g_assert_not_reached ();
}

static gboolean
write_message (UdpnatNoise  *self,
               const guint8 *payload,
               gsize         n_payload,
               guint8       *out)
{
  if (self->pattern == &resumption)
    {
      write_resumption (self, payload, n_payload, out);
      return TRUE;
    }

  for (const Token *token = get_tokens (self); *token != TOKEN_END; token++)
    {
      if (!write_token (self, *token, out))
        return FALSE;
      out += get_token_bytes (*token);
    }

  udpnat_symmetric_encrypt_and_hash (&self->state.symmetric, payload, n_payload, out);

  return TRUE;
}

/**
 * udpnat_noise_write:
 * @payload: (array length=n_payload) (nullable): not in @out
 * @out: receives the message; marked as failed when this returns %FALSE
 *
 * Writes this side's next message. Only when it is this side's turn.
 *
 * Returns: %FALSE when @out is too small, the message would be longer than Noise allows, or the
 *   remote key is worthless; nothing more can be written after that
 */
gboolean
udpnat_noise_write (UdpnatNoise  *self,
                    const guint8 *payload,
                    gsize         n_payload,
                    UdpnatWriter *out)
{
  gsize n_overhead;
  guint8 *message;

  g_assert (is_turn (self, TRUE));

  n_overhead = get_overhead_bytes (self);
  self->is_broken = TRUE;
  if (n_payload > UDPNAT_NOISE_MESSAGE_MAX_BYTES - n_overhead)
    {
      out->failed = TRUE;
      return FALSE;
    }

  message = udpnat_writer_reserve (out, n_overhead + n_payload);
  if (message == NULL)
    return FALSE;

  if (!write_message (self, payload, n_payload, message))
    {
      out->n_written -= n_overhead + n_payload;
      out->failed = TRUE;
      return FALSE;
    }

  self->is_broken = FALSE;
  self->state.n_messages++;

  return TRUE;
}

/* ---- Reading ---- */

static gboolean
read_token (UdpnatNoise  *self,
            Token         token,
            const guint8 *message)
{
  State *state = &self->state;

  switch (token)
    {
    case TOKEN_E:
      memcpy (state->remote_ephemeral.bytes, message, UDPNAT_KEY_BYTES);
      state->has_remote_ephemeral = TRUE;
      mix_ephemeral (self, message);
      return TRUE;
    case TOKEN_S:
      state->has_remote_static =
        udpnat_symmetric_decrypt_and_hash (&state->symmetric, message, SEALED_KEY_BYTES,
                                           state->remote_static.bytes);
      return state->has_remote_static;
    case TOKEN_EE:
      return mix_dh_token (self, TRUE, TRUE);
    case TOKEN_ES:
      return mix_dh_token (self, TRUE, FALSE);
    case TOKEN_SE:
      return mix_dh_token (self, FALSE, TRUE);
    case TOKEN_SS:
      return mix_dh_token (self, FALSE, FALSE);
    case TOKEN_PSK:
      mix_psk (self);
      return TRUE;
    case TOKEN_RANDOM:
    case TOKEN_TICKET:
    case TOKEN_END:
      break;
    }

  g_assert_not_reached ();
}

static gboolean
read_message (UdpnatNoise  *self,
              const guint8 *message,
              gsize         n_sealed_payload,
              guint8       *out_payload)
{
  if (self->pattern == &resumption)
    return read_resumption (self, message, n_sealed_payload, out_payload);

  for (const Token *token = get_tokens (self); *token != TOKEN_END; token++)
    {
      if (!read_token (self, *token, message))
        return FALSE;
      message += get_token_bytes (*token);
    }

  return udpnat_symmetric_decrypt_and_hash (&self->state.symmetric, message, n_sealed_payload,
                                            out_payload);
}

/**
 * udpnat_noise_read:
 * @message: (array length=n_message): not trusted
 * @out_payload: room for @n_message less the overhead (96 or 48 bytes; 128 of a resumption's first
 *   one); may be where the payload lies in @message. Meaningless after a failure
 * @out_n_payload: (out): 0 on failure
 *
 * Reads the other side's next message.
 *
 * Returns: %FALSE when it is forged, damaged, of a wrong length, or not due; nothing has changed
 *   then, and the genuine message can still be read
 */
gboolean
udpnat_noise_read (UdpnatNoise  *self,
                   const guint8 *message,
                   gsize         n_message,
                   guint8       *out_payload,
                   gsize        *out_n_payload)
{
  State before;
  gsize n_overhead;
  gboolean genuine;

  *out_n_payload = 0;
  if (!is_turn (self, FALSE))
    return FALSE;

  n_overhead = get_overhead_bytes (self);
  if (n_message < n_overhead || n_message > UDPNAT_NOISE_MESSAGE_MAX_BYTES)
    return FALSE;

  before = self->state;
  genuine = read_message (self, message, n_message - n_overhead + UDPNAT_NOISE_TAG_BYTES,
                          out_payload);
  if (genuine)
    {
      self->state.n_messages++;
      *out_n_payload = n_message - n_overhead;
    }
  else
    self->state = before;
  sodium_memzero (&before, sizeof before);

  return genuine;
}

/* ---- Results ---- */

/**
 * udpnat_noise_is_complete:
 *
 * Returns: whether all messages of the pattern have been written and read
 */
gboolean
udpnat_noise_is_complete (const UdpnatNoise *self)
{
  return self->state.n_messages == self->pattern->n_messages;
}

/**
 * udpnat_noise_split:
 * @send_key: (out): for what this side sends
 * @receive_key: (out): for what it receives
 *
 * Gives the keys of the session, once, when the handshake is complete. After a pattern of one
 * message only the initiator may send. The caller wipes them in the end.
 */
void
udpnat_noise_split (UdpnatNoise *self,
                    guint8       send_key[UDPNAT_KEY_BYTES],
                    guint8       receive_key[UDPNAT_KEY_BYTES])
{
  guint8 *first = self->is_initiator ? send_key : receive_key;
  guint8 *second = self->is_initiator ? receive_key : send_key;

  g_assert (udpnat_noise_is_complete (self) && !self->is_split);

  if (self->pattern == &resumption)
    udpnat_resumption_split (&self->state.resumption, first, second);
  else
    udpnat_symmetric_split (&self->state.symmetric, first, second);

  self->is_split = TRUE;
  sodium_memzero (self->static_secret, sizeof self->static_secret);
  sodium_memzero (self->ephemeral_secret, sizeof self->ephemeral_secret);
  sodium_memzero (self->psk, sizeof self->psk);
}

/**
 * udpnat_noise_get_remote_key:
 *
 * Returns: (transfer none) (nullable): the other side's static key; a responder knows it once it
 *   has read the first message
 */
const UdpnatPublicKey *
udpnat_noise_get_remote_key (const UdpnatNoise *self)
{
  return self->state.has_remote_static ? &self->state.remote_static : NULL;
}

/**
 * udpnat_noise_get_remote_ephemeral:
 *
 * Returns: (transfer none) (nullable) (array fixed-size=32): what the other side sent as e, or its
 *   random bytes, in the last message read
 */
const guint8 *
udpnat_noise_get_remote_ephemeral (const UdpnatNoise *self)
{
  return self->state.has_remote_ephemeral ? self->state.remote_ephemeral.bytes : NULL;
}

/**
 * udpnat_noise_get_handshake_hash:
 *
 * Not of a resumption, which has none.
 *
 * Returns: (transfer none) (array fixed-size=32): hash of all that was said; the same on both sides
 *   when the handshake is complete, and different for every handshake
 */
const guint8 *
udpnat_noise_get_handshake_hash (const UdpnatNoise *self)
{
  g_assert (self->pattern != &resumption);

  return self->state.symmetric.hash;
}
