#include "config.h"

#include <glib.h>
#include <sodium.h>
#include <string.h>

/* In place of libsodium's, for a generator that stands for a million people: each secret of theirs
 * would take four pages and seven system calls. These are no secrets. */

void *
sodium_malloc (size_t n)
{
  return g_malloc (n);
}

void
sodium_free (void *secret)
{
  g_free (secret);
}

int
sodium_mprotect_noaccess (void *secret)
{
  return 0;
}

int
sodium_mprotect_readonly (void *secret)
{
  return 0;
}

int
sodium_mprotect_readwrite (void *secret)
{
  return 0;
}
