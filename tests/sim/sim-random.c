#include "config.h"

#include "sim-random.h"

/*
 * The simulator's chance. xoshiro256** (Blackman and Vigna, 2018), its state filled by splitmix64
 * as its authors recommend. Not for keys that must be secret; fit for keys that must be the same in
 * every run.
 *
 * Streams are forked by label, not by drawing from the parent: giving one more host to a scenario,
 * or one more draw to a link, leaves the luck of all others as it was. So a failing seed stays a
 * failing seed while the test is being changed.
 */

struct _SimRandom
{
  guint64 seed; /* what forks are derived from */
  guint64 state[4];
};

/**
 * sim_splitmix64:
 * @state: moved on
 *
 * One step of splitmix64 (Steele, Lea and Flood, 2014), also a good mixer of 64 bits.
 */
guint64
sim_splitmix64 (guint64 *state)
{
  guint64 z = (*state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);

  return z ^ (z >> 31);
}

SimRandom *
sim_random_new (guint64 seed)
{
  SimRandom *self = g_new0 (SimRandom, 1);
  guint64 mix = seed;

  self->seed = seed;
  for (guint i = 0; i < 4; i++)
    self->state[i] = sim_splitmix64 (&mix);

  return self;
}

/**
 * sim_random_new_from_state:
 * @state: not all zero
 *
 * Starts at a given state of the generator, which its published test vectors need.
 */
SimRandom *
sim_random_new_from_state (const guint64 state[4])
{
  SimRandom *self = g_new0 (SimRandom, 1);

  g_assert ((state[0] | state[1] | state[2] | state[3]) != 0);

  self->seed = state[0];
  for (guint i = 0; i < 4; i++)
    self->state[i] = state[i];

  return self;
}

/**
 * sim_random_fork:
 *
 * A stream of its own for @label. Depends on the seed and the label only, however much was drawn
 * before.
 */
SimRandom *
sim_random_fork (const SimRandom *self,
                 const char      *label)
{
  /* FNV-1a, 64 bit. */
  guint64 hash = G_GUINT64_CONSTANT (0xcbf29ce484222325);
  guint64 mix;

  for (const char *c = label; *c != '\0'; c++)
    hash = (hash ^ (guint8) *c) * G_GUINT64_CONSTANT (0x100000001b3);

  mix = self->seed;
  mix = sim_splitmix64 (&mix) ^ hash;

  return sim_random_new (sim_splitmix64 (&mix));
}

void
sim_random_free (SimRandom *self)
{
  g_free (self);
}

static inline guint64
rotate_left (guint64 value,
             guint   bits)
{
  return (value << bits) | (value >> (64 - bits));
}

guint64
sim_random_u64 (SimRandom *self)
{
  guint64 *s = self->state;
  guint64 result = rotate_left (s[1] * 5, 7) * 9;
  guint64 t = s[1] << 17;

  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left (s[3], 45);

  return result;
}

/**
 * sim_random_below:
 * @limit: not 0
 *
 * Returns: one of 0 … @limit − 1, each as likely as the others
 */
guint64
sim_random_below (SimRandom *self,
                  guint64    limit)
{
  guint64 unfair;
  guint64 value;

  g_assert (limit > 0);

  /* The lowest 2^64 mod limit values would give some remainders one chance more than the others. */
  unfair = (0 - limit) % limit;
  do
    value = sim_random_u64 (self);
  while (value < unfair);

  return value % limit;
}

/* In [0, 1), with the 53 bits that a double can hold. */
double
sim_random_double (SimRandom *self)
{
  return (double) (sim_random_u64 (self) >> 11) * 0x1.0p-53;
}

/* Draws nothing for the certain cases, so that a perfect link costs no time. */
gboolean
sim_random_chance (SimRandom *self,
                   double     probability)
{
  if (probability <= 0)
    return FALSE;
  if (probability >= 1)
    return TRUE;

  return sim_random_double (self) < probability;
}

static void
fill (gpointer user_data,
      guint8  *out,
      gsize    n_out)
{
  SimRandom *self = user_data;
  guint64 word = 0;

  /* Byte by byte from the low end, so that the stream does not depend on the machine's byte
   * order. */
  for (gsize i = 0; i < n_out; i++)
    {
      word = i % 8 == 0 ? sim_random_u64 (self) : word >> 8;
      out[i] = (guint8) word;
    }
}

/**
 * sim_random_as_source:
 *
 * Returns: a source for machines that borrows @self
 */
UdpnatRandom
sim_random_as_source (SimRandom *self)
{
  return (UdpnatRandom) { .fill = fill, .user_data = self };
}
