/* One sealed page: opens with its key at its place, and nowhere else. */

#include "config.h"

#include <string.h>

#include "udpnat-identity.h"
#include "udpnat-page-seal.h"

#define CONTENT_BYTES (UDPNAT_PAGE_BYTES - UDPNAT_PAGE_RESERVED_BYTES)

static const guint8 key[UDPNAT_KEY_BYTES] = "thirty-two bytes for a test key.";
static const guint8 other_key[UDPNAT_KEY_BYTES] = "thirty-two bytes, another key.  ";
static const guint8 binding[UDPNAT_PAGE_BINDING_BYTES] = "page, size, salt";

typedef struct
{
  UdpnatPageSeal *seal;
  guint8          clear[UDPNAT_PAGE_BYTES];
  guint8          sealed[UDPNAT_PAGE_BYTES];
  guint8          opened[UDPNAT_PAGE_BYTES];
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_assert_true (udpnat_crypto_init ());
  self->seal = udpnat_page_seal_new (key);
  memset (self->clear, 0x41, CONTENT_BYTES);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  udpnat_page_seal_free (self->seal);
}

static gboolean
opens (Fixture      *self,
       guint64       position,
       const guint8 *with_binding)
{
  return udpnat_page_seal_open (self->seal, position, with_binding, self->sealed, self->opened);
}

static void
close_page (Fixture      *self,
            guint64       position,
            const guint8 *with_binding)
{
  g_assert_true (udpnat_page_seal_close (self->seal, position, with_binding, self->clear,
                                         self->sealed));
}

static void
test_back (Fixture      *self,
           gconstpointer unused)
{
  close_page (self, 7, NULL);
  g_assert_cmpint (memcmp (self->sealed, self->clear, 16), !=, 0);
  g_assert_true (opens (self, 7, NULL));
  g_assert_cmpmem (self->opened, UDPNAT_PAGE_BYTES, self->clear, UDPNAT_PAGE_BYTES);
  close_page (self, 7, binding);
  g_assert_true (opens (self, 7, binding));
  g_assert_cmpmem (self->opened, UDPNAT_PAGE_BYTES, self->clear, UDPNAT_PAGE_BYTES);
}

static void
test_place (Fixture      *self,
            gconstpointer unused)
{
  static const guint8 other[UDPNAT_PAGE_BINDING_BYTES] = "page, size, milk";

  close_page (self, 7, NULL);
  g_assert_false (opens (self, 8, NULL));
  g_assert_false (opens (self, 7 + (G_GUINT64_CONSTANT (1) << 32), NULL));
  g_assert_false (opens (self, 7, binding));
  close_page (self, 7, binding);
  g_assert_false (opens (self, 8, binding));
  g_assert_false (opens (self, 7, NULL));
  g_assert_false (opens (self, 7, other));
}

static void
test_key (Fixture      *self,
          gconstpointer unused)
{
  g_autoptr (UdpnatPageSeal) other = udpnat_page_seal_new (other_key);
  static const guint8 zeros[UDPNAT_PAGE_BYTES];

  close_page (self, 7, NULL);
  memset (self->opened, 1, sizeof self->opened);
  g_assert_false (udpnat_page_seal_open (other, 7, NULL, self->sealed, self->opened));
  g_assert_cmpmem (self->opened, UDPNAT_PAGE_BYTES, zeros, UDPNAT_PAGE_BYTES);
}

static void
test_any_bit (Fixture      *self,
              gconstpointer unused)
{
  close_page (self, 7, NULL);
  for (gsize i = 0; i < UDPNAT_PAGE_BYTES; i++)
    {
      guint8 bit = (guint8) (1 << (i % 8));

      self->sealed[i] ^= bit;
      g_assert_false (opens (self, 7, NULL));
      self->sealed[i] ^= bit;
    }
  g_assert_true (opens (self, 7, NULL));
}

static void
test_room (Fixture      *self,
           gconstpointer unused)
{
  for (gsize i = CONTENT_BYTES - 1; i < UDPNAT_PAGE_BYTES; i++)
    {
      self->clear[i] = 1;
      g_assert_cmpint (udpnat_page_seal_close (self->seal, 7, NULL, self->clear, self->sealed), ==,
                       i < CONTENT_BYTES);
      self->clear[i] = 0;
    }
}

static void
test_never_the_same (Fixture      *self,
                     gconstpointer unused)
{
  guint8 first[UDPNAT_PAGE_BYTES];

  close_page (self, 7, NULL);
  memcpy (first, self->sealed, sizeof first);
  close_page (self, 7, NULL);
  g_assert_cmpint (memcmp (first, self->sealed, 16), !=, 0);
}

static void
test_mask (Fixture      *self,
           gconstpointer unused)
{
  guint8 header[UDPNAT_WAL_FRAME_HEADER_BYTES];
  guint8 masked[3][UDPNAT_WAL_FRAME_HEADER_BYTES];
  gsize n_open = UDPNAT_WAL_FRAME_OPEN_BYTES;

  g_test_summary ("Hides the checksum only, otherwise at each place and for each salt, and back");
  for (guint8 i = 0; i < sizeof header; i++)
    header[i] = i;
  for (guint i = 0; i < 3; i++)
    {
      header[15] = i == 2 ? 1 : 0; /* the last byte of the salts */
      memcpy (masked[i], header, sizeof header);
      udpnat_page_seal_mask (self->seal, i == 1 ? 4152 : 32, masked[i]);
      g_assert_cmpmem (masked[i], n_open, header, n_open);
      g_assert_cmpint (memcmp (masked[i] + n_open, header + n_open, 4), !=, 0);
      g_assert_cmpint (memcmp (masked[i] + n_open + 4, header + n_open + 4, 4), !=, 0);
    }
  g_assert_cmpint (memcmp (masked[0] + n_open, masked[1] + n_open, 8), !=, 0);
  g_assert_cmpint (memcmp (masked[0] + n_open, masked[2] + n_open, 8), !=, 0);
  udpnat_page_seal_unmask (self->seal, 32, masked[2]);
  g_assert_cmpmem (masked[2], sizeof header, header, sizeof header);
}

#define ADD(path, function) \
  g_test_add ("/client-page-seal/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("page/opens-again", test_back);
  ADD ("page/opens-at-its-place-only", test_place);
  ADD ("page/opens-with-its-key-only", test_key);
  ADD ("page/any-changed-bit-is-noticed", test_any_bit);
  ADD ("page/content-in-the-room-is-refused", test_room);
  ADD ("page/never-looks-the-same", test_never_the_same);
  ADD ("mask/hides-the-checksum", test_mask);

  return g_test_run ();
}
