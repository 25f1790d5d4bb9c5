#include "config.h"

#include "sim-invariants-private.h"

#include "udpnat-limits.h"

/*
 * Files: what is kept is what was offered, each chunk once and in order; only whom it is offered to
 * gets anything; what is over stays so; little comes twice, and whoever is refused does not ask
 * again and again; and in the end all that is wanted is there, and both know it.
 *
 * What was offered is known from the giver's disk, and its bytes from the number that they follow
 * from; what is kept is seen on its way to the fetcher's disk.
 */

#define MINUTE_US UDPNAT_SEC (60)

/* One offer, as the network sees it. */
typedef struct
{
  UdpnatMessageId id;
  guint64         n_kept;      /* chunks that came to the fetcher's disk */
  guint64         n_given;     /* that it has asked for */
  guint           n_breaks;    /* after which something may be asked for again */
  guint           n_lives;     /* of both, looked at so far */
  gint64          minute_us;   /* when the first of these came */
  guint           n_refused;
  gint64          given_over_us; /* when the giver was first asked after it was over; 0: never */
} SimWatchedFile;

static SimWatchedFile *
ensure_file (SimInvariants         *self,
             const UdpnatMessageId *id)
{
  g_autoptr (GBytes) key = g_bytes_new (id->bytes, sizeof id->bytes);
  SimWatchedFile *file;

  if (self->files == NULL)
    self->files = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                         (GDestroyNotify) g_bytes_unref, g_free);
  file = g_hash_table_lookup (self->files, key);
  if (file != NULL)
    return file;
  file = g_new0 (SimWatchedFile, 1);
  file->id = *id;
  g_hash_table_insert (self->files, g_bytes_ref (key), file);
  return file;
}

static SimPeer *
find_peer (const SimInvariants   *self,
           const UdpnatPublicKey *key)
{
  for (guint i = 0; i < self->n_people; i++)
    if (udpnat_public_key_equal (sim_peer_get_key (self->people[i].peer), key))
      return self->people[i].peer;
  return NULL;
}

/* Returns: (nullable): the same file, as the other side has it */
static SimFile *
find_twin (const SimInvariants *self,
           const SimPeer       *peer,
           const SimFile       *file)
{
  const SimPeer *other = find_peer (self, &file->key);

  return other != NULL ? sim_peer_find_file (other, sim_peer_get_key (peer), &file->id,
                                             !file->is_outgoing)
                       : NULL;
}

/* ---- What is kept ---- */

static void
kept_cb (SimPeer       *peer,
         const SimFile *file,
         guint64        chunk,
         GBytes        *data,
         gpointer       user_data)
{
  SimInvariants *self = user_data;
  SimWatchedFile *watched = ensure_file (self, &file->id);
  const SimFile *twin = find_twin (self, peer, file);
  g_autoptr (GBytes) offered = NULL;

  if (twin == NULL)
    {
      sim_invariants_fail (self, SIM_INVARIANT_FILE_ACCESS, "%s keeps a chunk of what nobody has "
                           "offered it", peer->name);
      return;
    }
  if (sim_file_is_over (file))
    sim_invariants_fail (self, SIM_INVARIANT_FILE_OVER, "%s keeps a chunk of what is over",
                         peer->name);
  if (chunk != watched->n_kept)
    sim_invariants_fail (self, SIM_INVARIANT_FILE_CONTENT, "%s keeps chunk %" G_GUINT64_FORMAT
                         " and has %" G_GUINT64_FORMAT, peer->name, chunk, watched->n_kept);
  watched->n_kept++;
  offered = sim_file_dup_chunk (twin->seed, twin->size, chunk);
  if (!g_bytes_equal (data, offered))
    sim_invariants_fail (self, SIM_INVARIANT_FILE_CONTENT, "chunk %" G_GUINT64_FORMAT " at %s is "
                         "not what was offered", chunk, peer->name);
}

/* ---- What nodes say ---- */

static gboolean
accepts_key (const SimPeer         *peer,
             const UdpnatPublicKey *key)
{
  const SimContact *contact = sim_store_find_contact (&peer->store, key);

  return contact != NULL && contact->trust == UDPNAT_TRUST_ACCEPTED;
}

/* What comes twice is what was asked for and not kept when one of the two died, or a session ended,
 * or it was stopped: a window at the most. */
static void
check_repeats (SimInvariants  *self,
               const SimPeer  *giver,
               const SimFile  *file,
               SimWatchedFile *watched)
{
  const SimPeer *other = find_peer (self, &file->key);
  guint64 n_chunks = sim_file_count_chunks (file);
  guint64 window = MIN (n_chunks, UDPNAT_FILE_WINDOW_MAX_BYTES / UDPNAT_CHUNK_BYTES);
  guint n_lives = giver->n_lives + (other != NULL ? other->n_lives : 0);

  if (watched->n_lives != 0)
    watched->n_breaks += n_lives - watched->n_lives;
  watched->n_lives = n_lives;
  if (++watched->n_given > n_chunks + watched->n_breaks * window)
    sim_invariants_fail (self, SIM_INVARIANT_FILE_REPEATS, "%s has given %" G_GUINT64_FORMAT
                         " chunks of a file of %" G_GUINT64_FORMAT ", and there were %u reasons to "
                         "ask again", giver->name, watched->n_given, n_chunks, watched->n_breaks);
}

/* What the node has said before it was told that the file is over may be under way. */
static gboolean
is_late (SimInvariants  *self,
         SimWatchedFile *watched)
{
  gint64 now_us = sim_world_now (self->world);

  if (watched->given_over_us == 0)
    watched->given_over_us = now_us;
  return now_us > watched->given_over_us;
}

static void
check_wanted (SimInvariants         *self,
              const SimPeer         *giver,
              const UdpnatNodeEvent *event,
              SimWatchedFile        *watched)
{
  const SimFile *file = sim_peer_find_file (giver, &event->key, &watched->id, TRUE);

  if (file == NULL || !accepts_key (giver, &event->key))
    sim_invariants_fail (self, SIM_INVARIANT_FILE_ACCESS, "%s is asked for a chunk by somebody to "
                         "whom it is not offered", giver->name);
  else if (sim_file_is_over (file) && is_late (self, watched))
    sim_invariants_fail (self, SIM_INVARIANT_FILE_OVER, "%s is asked for a chunk of what is over",
                         giver->name);
  else if (file->is_paused || file->tree == NULL)
    return;
  else
    check_repeats (self, giver, file, watched);
}

static void
check_refused (SimInvariants  *self,
               const SimPeer  *fetcher,
               SimWatchedFile *watched)
{
  gint64 now_us = sim_world_now (self->world);

  watched->n_breaks++;
  if (now_us - watched->minute_us >= MINUTE_US)
    {
      watched->minute_us = now_us;
      watched->n_refused = 0;
    }
  if (++watched->n_refused > SIM_REFUSALS_PER_MINUTE)
    sim_invariants_fail (self, SIM_INVARIANT_FILE_STORM, "%s has asked %u times within a minute "
                         "for what it is refused", fetcher->name, watched->n_refused);
}

static void
check_file_event (SimInvariants         *self,
                  SimPeer               *peer,
                  const UdpnatNodeEvent *event)
{
  SimWatchedFile *watched = ensure_file (self, &event->file->id);

  switch (event->file->type)
    {
    case UDPNAT_FILE_EVENT_CHUNK_WANTED:
      check_wanted (self, peer, event, watched);
      break;
    case UDPNAT_FILE_EVENT_REFUSED:
      check_refused (self, peer, watched);
      break;
    case UDPNAT_FILE_EVENT_STOPPED:
      watched->n_breaks++;
      break;
    case UDPNAT_FILE_EVENT_CORRUPT:
      sim_invariants_fail (self, SIM_INVARIANT_FILE_CONTENT, "%s says that what came is not what "
                           "was offered", peer->name);
      break;
    case UDPNAT_FILE_EVENT_CHUNK:
      if (sim_peer_find_file (peer, &event->key, &watched->id, FALSE) == NULL)
        sim_invariants_fail (self, SIM_INVARIANT_FILE_ACCESS, "%s gets a chunk of what nobody has "
                             "offered it", peer->name);
      break;
    case UDPNAT_FILE_EVENT_ASKED:
    case UDPNAT_FILE_EVENT_HASHES_WANTED:
    case UDPNAT_FILE_EVENT_FETCHED:
    case UDPNAT_FILE_EVENT_GOES_ON:
      break;
    }
}

/* A handshake: what was under way in the session before it is asked for anew. */
static void
note_session (SimInvariants         *self,
              const SimPeer         *peer,
              const UdpnatPublicKey *key)
{
  for (guint i = 0; i < peer->files.files->len; i++)
    {
      const SimFile *file = g_ptr_array_index (peer->files.files, i);

      if (udpnat_public_key_equal (&file->key, key))
        ensure_file (self, &file->id)->n_breaks++;
    }
}

/** sim_invariants_watch_files: @event: before @peer's program does anything about it */
void
sim_invariants_watch_files (SimInvariants         *self,
                            SimPeer               *peer,
                            const UdpnatNodeEvent *event)
{
  if (event->base.type == UDPNAT_NODE_EVENT_FILE)
    check_file_event (self, peer, event);
  else if (event->base.type == UDPNAT_NODE_EVENT_TIMESTAMP)
    note_session (self, peer, &event->key);
}

void
sim_invariants_add_files (SimInvariants *self,
                          SimPeer       *person)
{
  person->files.watch = kept_cb;
  person->files.watch_data = self;
}

void
sim_invariants_leave_files (SimInvariants *self)
{
  for (guint i = 0; i < self->n_people; i++)
    self->people[i].peer->files.watch = NULL;
  g_clear_pointer (&self->files, g_hash_table_unref);
}

/* ---- The end ---- */

/* Returns: (nullable): what @giver's file still waits for; NULL: it is as it should be, or stands
 * because somebody wants it so */
static const char *
describe_file (const SimInvariants *self,
               const SimPeer       *giver,
               const SimFile       *file)
{
  const SimFile *twin = find_twin (self, giver, file);

  if (twin == NULL)
    return NULL; /* whoever does not accept the offer does not get it; else it is in the outbox */
  if (file->state == SIM_FILE_CANCELLED)
    return sim_file_is_over (twin) ? NULL : "is cancelled, and goes on at the other side";
  if (twin->state == SIM_FILE_CANCELLED)
    return "is cancelled by the other side, and goes on";
  if (twin->state == SIM_FILE_FAILED)
    return "stands, as if something had failed";
  if (file->is_paused || twin->is_paused || twin->state == SIM_FILE_OFFERED)
    return NULL;
  if (twin->state != SIM_FILE_DONE)
    return "is not there";
  return file->state == SIM_FILE_DONE ? NULL : "is there, and the giver does not know";
}

/* Returns: (nullable): of the first that is not settled */
static const SimFile *
find_unsettled (const SimInvariants *self,
                const SimPeer      **out_giver)
{
  for (guint i = 0; i < self->n_people; i++)
    for (guint j = 0; j < self->people[i].peer->files.files->len; j++)
      {
        const SimFile *file = g_ptr_array_index (self->people[i].peer->files.files, j);

        *out_giver = self->people[i].peer;
        if (file->is_outgoing && describe_file (self, *out_giver, file) != NULL)
          return file;
      }
  return NULL;
}

/** sim_invariants_has_files: whether some are on their way */
gboolean
sim_invariants_has_files (SimInvariants *self)
{
  const SimPeer *giver;

  return find_unsettled (self, &giver) != NULL;
}

/** sim_invariants_check_files_end: all that is wanted has to be there now */
void
sim_invariants_check_files_end (SimInvariants *self)
{
  const SimPeer *giver;
  const SimFile *file = find_unsettled (self, &giver);
  const SimFile *twin = file != NULL ? find_twin (self, giver, file) : NULL;

  if (file != NULL)
    sim_invariants_fail (self, SIM_INVARIANT_FILE_WHOLE, "a file of %s's to %s %s: %"
                         G_GUINT64_FORMAT " chunks of %" G_GUINT64_FORMAT " are kept", giver->name,
                         find_peer (self, &file->key)->name, describe_file (self, giver, file),
                         twin->n_kept, sim_file_count_chunks (file));
}

/** sim_invariants_count_kept: Returns: chunks that came to disks so far; while it grows, something
 * goes on */
guint64
sim_invariants_count_kept (const SimInvariants *self)
{
  guint64 n = 0;

  for (guint i = 0; i < self->n_people; i++)
    for (guint j = 0; j < self->people[i].peer->files.files->len; j++)
      n += ((const SimFile *) g_ptr_array_index (self->people[i].peer->files.files, j))->n_kept;
  return n;
}

/** sim_invariants_get_file_memory: Returns: bytes that may be held for files: what is under way of
 * each, at both sides and on the wires between them */
gsize
sim_invariants_get_file_memory (const SimInvariants *self)
{
  gsize n = 0;

  for (guint i = 0; i < self->n_people; i++)
    for (guint j = 0; j < self->people[i].peer->files.files->len; j++)
      {
        const SimFile *file = g_ptr_array_index (self->people[i].peer->files.files, j);

        n += SIM_COPIES_OF_FILE * MIN (file->size, UDPNAT_FILE_WINDOW_MAX_BYTES);
      }
  return n;
}
