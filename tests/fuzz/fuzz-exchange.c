/* Both halves of files with a peer who says whatever it likes: nothing that was not asked for gets
 * in, no more is held or read than the limits say, and what is asked again is asked for ever. */

#include "config.h"

#include "fuzz.h"

#include "udpnat-file-fetcher.h"
#include "udpnat-file-giver.h"
#include "udpnat-limits.h"
#include "udpnat-tree.h"

#define IDS 3

typedef struct
{
  UdpnatFileGiver   *giver;
  UdpnatFileFetcher *fetcher;
  UdpnatTree        *tree;
  GBytes            *chunk;
  guint64            n_kept[IDS]; /* chunks of file 0 of each */
  gint64             now_us;
} Fuzz;

static UdpnatMessageId
make_id (guint8 number)
{
  UdpnatMessageId id = { { (guint8) (number % IDS) } };

  return id;
}

/* The owner: reads what is wanted, keeps what comes. */
static void
follow (Fuzz    *self,
        gboolean gives)
{
  UdpnatFileEvent *event;
  guint n_wanted = 0;

  while ((event = udpnat_file_giver_pop_event (self->giver)) != NULL)
    {
      if (event->type == UDPNAT_FILE_EVENT_CHUNK_WANTED && gives && n_wanted < 64)
        udpnat_file_giver_give_chunk (self->giver, &event->id, event->file, event->number,
                                      event->number % 3 == 0 ? NULL : self->chunk);
      else if (event->type == UDPNAT_FILE_EVENT_HASHES_WANTED && gives && n_wanted < 64)
        udpnat_file_giver_give_hashes (self->giver, &event->id, event->file, event->level,
                                       event->number, self->chunk);
      n_wanted++;
      udpnat_file_event_free (event);
    }
  while ((event = udpnat_file_fetcher_pop_event (self->fetcher)) != NULL)
    {
      if (event->type == UDPNAT_FILE_EVENT_CHUNK)
        {
          g_assert_cmpuint (event->number, ==, self->n_kept[event->id.bytes[0]]);
          self->n_kept[event->id.bytes[0]]++;
          udpnat_file_fetcher_note_kept (self->fetcher, &event->id, event->file);
        }
      udpnat_file_event_free (event);
    }
}

static void
drain (Fuzz *self)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  for (guint i = 0; i < 64; i++)
    {
      gsize n_before = out->len;

      if (!udpnat_file_fetcher_write_next (self->fetcher, out, 70000) &&
          !udpnat_file_giver_write_next (self->giver, out, 70000))
        break;
      g_assert_cmpuint (out->len, >, n_before);
      g_assert_cmpuint (out->len - n_before, <=, 70000);
    }
}

static void
fetch (Fuzz  *self,
       guint8 number)
{
  UdpnatMessageId id = make_id (number);
  guint8 root[UDPNAT_TREE_HASH_BYTES];

  g_assert_true (udpnat_tree_get_root (self->tree, root));
  if (self->n_kept[id.bytes[0]] < udpnat_tree_count_chunks (self->tree) &&
      !udpnat_file_fetcher_fetch (self->fetcher, &id, 0, udpnat_tree_get_size (self->tree), root,
                                  self->n_kept[id.bytes[0]]))
    g_assert_cmpuint (number, <=, 255); /* it is fetched already */
}

/* A message of the peer: its true answer, or what the input says. */
static gboolean
say (Fuzz         *self,
     UdpnatReader *input)
{
  UdpnatFileMessage message = { 0 };
  guint8 kind = udpnat_reader_u8 (input);
  gsize n;

  message.type = kind % 8;
  message.id = make_id (udpnat_reader_u8 (input));
  message.file = kind >> 6;
  message.first = udpnat_reader_u8 (input);
  message.n_chunks = 1 + udpnat_reader_u8 (input);
  message.level = kind >> 3 & 1;
  message.reason = kind >> 3 & 7;
  if (message.type == UDPNAT_FILE_CHUNK && (kind & 0x20) != 0)
    message.data = g_bytes_get_data (self->chunk, &message.n_data);
  else if (message.type == UDPNAT_FILE_HASHES && (kind & 0x20) != 0)
    message.data = udpnat_tree_get_block (self->tree, message.level, message.first,
                                          &message.n_data);
  else
    {
      n = MIN (udpnat_reader_left (input), 40);
      message.n_data = n;
      message.data = udpnat_reader_bytes (input, n);
    }
  if (message.data == NULL)
    message.data = (const guint8 *) "";
  return udpnat_file_fetcher_handle_message (self->fetcher, self->now_us, 50000, &message) ||
         udpnat_file_giver_handle_message (self->giver, &message);
}

static gboolean
step (Fuzz         *self,
      UdpnatReader *input)
{
  guint8 what = udpnat_reader_u8 (input);
  UdpnatMessageId id = make_id (what >> 4);

  self->now_us += 1000;
  switch (what & 15)
    {
    case 0:
      return udpnat_file_giver_serve (self->giver, &id, what >> 6);
    case 1:
      udpnat_file_giver_withdraw (self->giver, &id);
      return TRUE;
    case 2:
      fetch (self, what >> 4);
      return TRUE;
    case 3:
      udpnat_file_fetcher_stop (self->fetcher, &id, what >> 6);
      return TRUE;
    case 4:
      udpnat_file_giver_restart (self->giver);
      udpnat_file_fetcher_restart (self->fetcher);
      return TRUE;
    case 5:
      drain (self);
      return TRUE;
    case 6:
    case 7:
      follow (self, (what & 1) != 0);
      return TRUE;
    default:
      return say (self, input);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  Fuzz self = { .now_us = 1000000 };
  g_autofree guint8 *chunk = g_malloc0 (UDPNAT_CHUNK_BYTES);
  UdpnatReader input;

  self.giver = udpnat_file_giver_new ();
  self.fetcher = udpnat_file_fetcher_new ();
  self.tree = udpnat_tree_new (4 * UDPNAT_CHUNK_BYTES);
  self.chunk = g_bytes_new (chunk, UDPNAT_CHUNK_BYTES);
  for (guint i = 0; i < 4; i++)
    udpnat_tree_add_chunk (self.tree, chunk, UDPNAT_CHUNK_BYTES);
  udpnat_reader_init (&input, data, n_data);
  while (udpnat_reader_left (&input) > 0 && step (&self, &input))
    ;
  drain (&self);
  follow (&self, TRUE);
  for (guint i = 0; i < IDS; i++)
    g_assert_cmpuint (self.n_kept[i], <=, udpnat_tree_count_chunks (self.tree));
  udpnat_file_giver_free (self.giver);
  udpnat_file_fetcher_free (self.fetcher);
  udpnat_tree_free (self.tree);
  g_bytes_unref (self.chunk);
  return 0;
}
