#include "config.h"

#include "udpnat-tree.h"

#include <string.h>

/* Trees of chunks: the same root as by the words of PROTOCOL.md section 21, learned block after
 * block, and nothing in it can be changed. */

static guint8
byte_at (guint64 offset)
{
  return (guint8) (offset * 31 + offset / 251 + offset / 65536 * 7);
}

static void
fill (guint8  *data,
      guint64  offset,
      gsize    n_data)
{
  for (gsize i = 0; i < n_data; i++)
    data[i] = byte_at (offset + i);
}

static UdpnatTree *
build (guint64 size)
{
  UdpnatTree *tree = udpnat_tree_new (size);
  g_autofree guint8 *data = g_malloc (UDPNAT_CHUNK_BYTES);

  for (guint64 i = 0; i < udpnat_tree_count_chunks (tree); i++)
    {
      gsize n = udpnat_tree_get_chunk_bytes (tree, i);

      fill (data, i * UDPNAT_CHUNK_BYTES, n);
      udpnat_tree_add_chunk (tree, data, n);
    }
  return tree;
}

/* Made with Python's hashlib.blake2b (digest_size=32, person=…). */
static void
root_is_that_of_the_protocol (void)
{
  static const struct
  {
    guint64 size;
    const char *root;
  } cases[] = {
    { 0, "8506d8fea3450c7c58e30e658af276af4025932a2d05d6c6ed7f4037b6bf2821" },
    { 1, "b2d87bbcce2a6af673907ee026ba56cbb472c1013ca271c31d93f2dc4045c600" },
    { UDPNAT_CHUNK_BYTES, "121f08819cdfa6d2f655fee439eccf470c83000dc7ab7921e3ea5d5839ca5c4f" },
    { UDPNAT_CHUNK_BYTES + 1, "a9d182e3b034d1350249cb448a1eeb1c0161b236361a2b2c095db8e38e5089ed" },
    { 5 * UDPNAT_CHUNK_BYTES, "e24c0d9b38de6952f5264f4f2b072415862a3367bcc3e77ae54c3690aa3447aa" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UdpnatTree) tree = build (cases[i].size);
      g_autoptr (GString) text = g_string_new (NULL);
      guint8 root[UDPNAT_TREE_HASH_BYTES];

      g_assert_true (udpnat_tree_get_root (tree, root));
      for (guint j = 0; j < sizeof root; j++)
        g_string_append_printf (text, "%02x", root[j]);
      g_assert_cmpstr (text->str, ==, cases[i].root);
    }
}

static void
root_is_there_at_the_end (void)
{
  g_autoptr (UdpnatTree) tree = udpnat_tree_new (UDPNAT_CHUNK_BYTES + 1);
  g_autofree guint8 *data = g_malloc0 (UDPNAT_CHUNK_BYTES);
  guint8 root[UDPNAT_TREE_HASH_BYTES];

  g_assert_cmpuint (udpnat_tree_count_chunks (tree), ==, 2);
  g_assert_cmpuint (udpnat_tree_get_chunk_bytes (tree, 1), ==, 1);
  g_assert_false (udpnat_tree_get_root (tree, root));
  udpnat_tree_add_chunk (tree, data, UDPNAT_CHUNK_BYTES);
  g_assert_false (udpnat_tree_get_root (tree, root));
  udpnat_tree_add_chunk (tree, data, 1);
  g_assert_true (udpnat_tree_get_root (tree, root));
}

/* What the receiver does for each chunk. Returns: how many blocks it took */
static guint
learn (UdpnatTree       *here,
       const UdpnatTree *there,
       guint64           chunk)
{
  guint64 block;
  guint level, n_blocks = 0;

  for (; udpnat_tree_find_missing (here, chunk, &level, &block); n_blocks++)
    {
      gsize n;
      const guint8 *data = udpnat_tree_get_block (there, level, block, &n);

      g_assert_nonnull (data);
      g_assert_true (udpnat_tree_learn_block (here, level, block, data, n));
    }
  return n_blocks;
}

static UdpnatTree *
make_twin (const UdpnatTree *there)
{
  guint8 root[UDPNAT_TREE_HASH_BYTES];

  g_assert_true (udpnat_tree_get_root (there, root));
  return udpnat_tree_new_for_root (udpnat_tree_get_size (there), root);
}

static void
chunks_are_checked (void)
{
  static const guint64 sizes[] = { 0, 1, UDPNAT_CHUNK_BYTES, UDPNAT_CHUNK_BYTES + 1,
                                   10 * UDPNAT_CHUNK_BYTES - 1 };
  g_autofree guint8 *data = g_malloc (UDPNAT_CHUNK_BYTES + 1);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (UdpnatTree) there = build (sizes[i]);
      g_autoptr (UdpnatTree) here = make_twin (there);

      for (guint64 chunk = udpnat_tree_count_chunks (here); chunk-- > 0;)
        {
          gsize n = udpnat_tree_get_chunk_bytes (here, chunk);

          fill (data, chunk * UDPNAT_CHUNK_BYTES, n);
          (void) learn (here, there, chunk);
          g_assert_true (udpnat_tree_check_chunk (here, chunk, data, n));
          g_assert_false (udpnat_tree_check_chunk (here, chunk, data, n + 1));
          if (n == 0)
            continue;
          g_assert_false (udpnat_tree_check_chunk (here, chunk, data, n - 1));
          g_assert_false (udpnat_tree_check_chunk (here, chunk + 1, data, n));
          data[n / 2] ^= 1;
          g_assert_false (udpnat_tree_check_chunk (here, chunk, data, n));
        }
    }
}

/* 1,025 chunks are two blocks of hashes, of which the second is one hash. */
static void
blocks_come_from_the_top (void)
{
  const guint64 size = G_GUINT64_CONSTANT (1024) * UDPNAT_CHUNK_BYTES + 3;
  g_autoptr (UdpnatTree) there = build (size);
  g_autoptr (UdpnatTree) here = make_twin (there);
  guint8 data[3];
  guint level;
  guint64 block;

  fill (data, size - 3, 3);
  g_assert_false (udpnat_tree_check_chunk (here, 1024, data, 3));
  g_assert_true (udpnat_tree_find_missing (here, 1024, &level, &block));
  g_assert_cmpuint (level, ==, 1); /* the one above follows from it */
  g_assert_cmpuint (block, ==, 0);
  g_assert_cmpuint (learn (here, there, 1024), ==, 2);
  g_assert_true (udpnat_tree_check_chunk (here, 1024, data, 3));
  g_assert_cmpuint (learn (here, there, 0), ==, 1);
  g_assert_cmpuint (learn (here, there, 1023), ==, 0);
}

static void
false_blocks_are_refused (void)
{
  g_autoptr (UdpnatTree) there = build (G_GUINT64_CONSTANT (1030) * UDPNAT_CHUNK_BYTES);
  g_autoptr (UdpnatTree) here = make_twin (there);

  for (guint level = 3; level-- > 0;)
    {
      gsize n;
      const guint8 *data = udpnat_tree_get_block (there, level, 0, &n);
      g_autofree guint8 *bent = g_memdup2 (data, n);

      /* Before the one above it nothing can be told of it, but for the last but one. */
      if (level == 1)
        {
          gsize n_below;
          const guint8 *below = udpnat_tree_get_block (there, level - 1, 0, &n_below);

          g_assert_false (udpnat_tree_learn_block (here, level - 1, 0, below, n_below));
        }
      bent[n - 1] ^= 0x80;
      g_assert_false (udpnat_tree_learn_block (here, level, 0, bent, n));
      g_assert_false (udpnat_tree_learn_block (here, level, 0, data, n - UDPNAT_TREE_HASH_BYTES));
      g_assert_false (udpnat_tree_learn_block (here, level, 7, data, n));
      g_assert_false (udpnat_tree_learn_block (here, 9, 0, data, n));
      g_assert_true (udpnat_tree_learn_block (here, level, 0, data, n));
    }
}

/* A length that is not the offered one has another root, whatever the bytes are. */
static void
length_is_in_the_root (void)
{
  g_autoptr (UdpnatTree) there = build (3 * UDPNAT_CHUNK_BYTES);
  guint8 root[UDPNAT_TREE_HASH_BYTES];
  g_autoptr (UdpnatTree) shorter = NULL;
  const guint8 *top;
  gsize n;

  g_assert_true (udpnat_tree_get_root (there, root));
  shorter = udpnat_tree_new_for_root (3 * UDPNAT_CHUNK_BYTES - 1, root);
  top = udpnat_tree_get_block (there, 1, 0, &n);
  g_assert_false (udpnat_tree_learn_block (shorter, 1, 0, top, n));
}

/* What somebody claims takes no more memory than this says, and no time. */
static void
largest_is_cheap (void)
{
  static const guint8 root[UDPNAT_TREE_HASH_BYTES] = { 1 };
  g_autoptr (UdpnatTree) tree = udpnat_tree_new_for_root (UDPNAT_TREE_SIZE_MAX, root);
  guint level;
  guint64 block;

  g_assert_cmpuint (udpnat_tree_count_chunks (tree), ==, 1 << 30);
  g_assert_true (udpnat_tree_find_missing (tree, (1 << 30) - 1, &level, &block));
  g_assert_cmpuint (level, ==, 2);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/crypto-tree/root/that-of-the-protocol", root_is_that_of_the_protocol);
  g_test_add_func ("/crypto-tree/root/at-the-end", root_is_there_at_the_end);
  g_test_add_func ("/crypto-tree/root/has-the-length", length_is_in_the_root);
  g_test_add_func ("/crypto-tree/chunks/checked", chunks_are_checked);
  g_test_add_func ("/crypto-tree/blocks/from-the-top", blocks_come_from_the_top);
  g_test_add_func ("/crypto-tree/blocks/false-ones-are-refused", false_blocks_are_refused);
  g_test_add_func ("/crypto-tree/size/largest-is-cheap", largest_is_cheap);

  return g_test_run ();
}
