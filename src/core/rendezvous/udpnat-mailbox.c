#include "config.h"

#include "udpnat-mailbox.h"

#include "udpnat-limits.h"
#include "udpnat-siphash.h"
#include "udpnat-token-bucket.h"

#include <string.h>

/* Who may leave how much mail for whom (PROTOCOL.md section 14). Three shares stand between a
 * sender and a recipient's mailbox: that of the pass the sender shows, or the one of all strangers
 * together; that of the recipient; and that of the server. Besides, nobody's mailbox grows beyond
 * what is still free for all others: so those who would fill the server with letters to themselves
 * leave room for newcomers, however many they are.
 *
 * A letter counts from the moment it is taken, not only when it is on disk: else a flood could pass
 * all limits while the disk is busy.
 *
 * It has no clock and no disk, and never sees what is sealed. */

#define SECONDS_PER_DAY 86400

typedef struct
{
  gint64 n_bytes;
  guint  n_items;
} Share;

/* Stays as long as it is accepted or has letters. */
typedef struct
{
  guint8   bytes[UDPNAT_MAIL_PASS_BYTES];
  gboolean is_accepted;
  Share    share;
} Pass;

typedef struct
{
  guint64           hash;
  UdpnatPublicKey   key;
  GTree            *letters; /* UdpnatMail by number, borrowed */
  GArray           *passes;  /* of Pass, sorted */
  guint             n_accepted;
  Share             all;
  Share             strangers;
  gint64            charged_bytes; /* its part of what all may have */
  UdpnatTokenBucket reads;
  gboolean          is_read; /* @reads has been filled */
  gboolean          is_changed;
  GList             changed_link;
} Recipient;

struct _UdpnatMailbox
{
  UdpnatMailboxLimits limits;
  guint8              hash_key[UDPNAT_SIPHASH_KEY_BYTES];
  GHashTable         *recipients; /* set of Recipient, owned */
  GHashTable         *letters;    /* number (in the letter) -> UdpnatMail, owned */
  UdpnatHeap         *expiries;
  GQueue              changed; /* of Recipient, borrowed */
  gint64              charged_bytes;
  gint64              n_bytes;
  guint64             last_number;
};

static guint
recipient_hash (gconstpointer pointer)
{
  return (guint) ((const Recipient *) pointer)->hash;
}

static gboolean
recipient_equal (gconstpointer a,
                 gconstpointer b)
{
  const Recipient *left = a, *right = b;

  return left->hash == right->hash && udpnat_public_key_equal (&left->key, &right->key);
}

static void
recipient_free (gpointer pointer)
{
  Recipient *recipient = pointer;

  g_tree_unref (recipient->letters);
  g_array_unref (recipient->passes);
  g_free (recipient);
}

static int
compare_numbers (gconstpointer a,
                 gconstpointer b,
                 gpointer      user_data)
{
  guint64 left = *(const guint64 *) a, right = *(const guint64 *) b;

  return (left > right) - (left < right);
}

static int
compare_passes (gconstpointer a,
                gconstpointer b)
{
  return memcmp (((const Pass *) a)->bytes, ((const Pass *) b)->bytes, UDPNAT_MAIL_PASS_BYTES);
}

/**
 * udpnat_mailbox_new:
 * @limits: copied
 */
UdpnatMailbox *
udpnat_mailbox_new (const UdpnatRandom        *random,
                    const UdpnatMailboxLimits *limits)
{
  UdpnatMailbox *self = g_new0 (UdpnatMailbox, 1);

  self->limits = *limits;
  if (self->limits.recipient_bytes == 0)
    self->limits.recipient_bytes = UDPNAT_MAIL_RECIPIENT_BYTES;
  if (self->limits.total_bytes == 0)
    self->limits.total_bytes = UDPNAT_MAIL_TOTAL_BYTES;
  if (self->limits.days == 0)
    self->limits.days = UDPNAT_MAIL_DAYS;
  udpnat_random_fill (random, self->hash_key, sizeof self->hash_key);
  self->recipients = g_hash_table_new_full (recipient_hash, recipient_equal, recipient_free, NULL);
  self->letters = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->expiries = udpnat_heap_new ();
  return self;
}

void
udpnat_mailbox_free (UdpnatMailbox *self)
{
  if (self == NULL)
    return;
  udpnat_heap_free (self->expiries);
  g_hash_table_unref (self->recipients);
  g_hash_table_unref (self->letters);
  g_free (self);
}

/* ---- Recipients ---- */

static Recipient *
find_recipient (const UdpnatMailbox   *self,
                const UdpnatPublicKey *key)
{
  Recipient wanted = { .key = *key };

  wanted.hash = udpnat_siphash (self->hash_key, key->bytes, UDPNAT_KEY_BYTES);
  return g_hash_table_lookup (self->recipients, &wanted);
}

static Recipient *
ensure_recipient (UdpnatMailbox         *self,
                  const UdpnatPublicKey *key)
{
  Recipient *recipient = find_recipient (self, key);

  if (recipient != NULL)
    return recipient;
  recipient = g_new0 (Recipient, 1);
  recipient->key = *key;
  recipient->hash = udpnat_siphash (self->hash_key, key->bytes, UDPNAT_KEY_BYTES);
  recipient->letters = g_tree_new_full (compare_numbers, NULL, NULL, NULL);
  recipient->passes = g_array_new (FALSE, FALSE, sizeof (Pass));
  recipient->changed_link.data = recipient;
  g_hash_table_add (self->recipients, recipient);
  return recipient;
}

static void
release_recipient (UdpnatMailbox *self,
                   Recipient     *recipient)
{
  if (recipient->all.n_items == 0 && recipient->passes->len == 0 && !recipient->is_changed)
    g_hash_table_remove (self->recipients, recipient);
}

static void
charge (UdpnatMailbox *self,
        Recipient     *recipient,
        gint64         n_bytes)
{
  self->charged_bytes += n_bytes;
  recipient->charged_bytes += n_bytes;
}

static gboolean
has_room (const UdpnatMailbox *self,
          const Recipient     *recipient,
          gint64               n_bytes)
{
  gint64 before = recipient != NULL ? recipient->charged_bytes : 0;

  return before + n_bytes <= self->limits.total_bytes - self->charged_bytes;
}

/* ---- Passes ---- */

static gboolean
find_pass (const Recipient *recipient,
           const guint8     pass[UDPNAT_MAIL_PASS_BYTES],
           guint           *out_index)
{
  Pass wanted = { 0 };

  memcpy (wanted.bytes, pass, sizeof wanted.bytes);
  return g_array_binary_search (recipient->passes, &wanted, compare_passes, out_index);
}

/** udpnat_mailbox_has_pass: Returns: whether @recipient accepts who shows this pass */
gboolean
udpnat_mailbox_has_pass (const UdpnatMailbox   *self,
                         const UdpnatPublicKey *recipient,
                         const guint8          *pass)
{
  const Recipient *found = find_recipient (self, recipient);
  guint            index;

  return found != NULL && find_pass (found, pass, &index)
         && g_array_index (found->passes, Pass, index).is_accepted;
}

/* Sorted, without repetitions, and without the pass of zeros, which means none. */
static GArray *
sort_passes (const guint8 *passes,
             guint         n_passes)
{
  static const guint8 none[UDPNAT_MAIL_PASS_BYTES];
  GArray             *sorted = g_array_sized_new (FALSE, FALSE, sizeof (Pass), n_passes);
  guint               n = 0;

  for (guint i = 0; i < n_passes; i++)
    {
      Pass pass = { .is_accepted = TRUE };

      memcpy (pass.bytes, passes + (gsize) i * sizeof pass.bytes, sizeof pass.bytes);
      if (memcmp (pass.bytes, none, sizeof none) != 0)
        g_array_append_val (sorted, pass);
    }
  g_array_sort (sorted, compare_passes);
  for (guint i = 0; i < sorted->len; i++)
    if (n == 0 || compare_passes (&g_array_index (sorted, Pass, i),
                                  &g_array_index (sorted, Pass, n - 1)) != 0)
      g_array_index (sorted, Pass, n++) = g_array_index (sorted, Pass, i);
  return g_array_set_size (sorted, n);
}

/* What becomes of a pass that was there (@old) or is said now (@fresh), or both. FALSE: nothing. */
static gboolean
merge_pass (const Pass *old,
            const Pass *fresh,
            gboolean    is_replacing,
            guint      *n_room,
            Pass       *out_pass)
{
  gboolean was_accepted = old != NULL && old->is_accepted;

  g_assert (old != NULL || fresh != NULL);
  *out_pass = old != NULL ? *old : *fresh;
  out_pass->is_accepted = was_accepted && !is_replacing;
  if (fresh != NULL && !out_pass->is_accepted && *n_room > 0)
    {
      (*n_room)--;
      out_pass->is_accepted = TRUE;
    }
  return out_pass->is_accepted || out_pass->share.n_items > 0;
}

static GArray *
merge_passes (const Recipient *recipient,
              const GArray    *fresh,
              gboolean         is_replacing,
              guint           *out_n_accepted)
{
  const GArray *old = recipient->passes;
  GArray       *merged = g_array_new (FALSE, FALSE, sizeof (Pass));
  guint         n_room = UDPNAT_MAIL_PASSES_MAX - (is_replacing ? 0 : recipient->n_accepted);

  *out_n_accepted = 0;
  for (guint i = 0, k = 0; i < old->len || k < fresh->len;)
    {
      const Pass *left = i < old->len ? &g_array_index (old, Pass, i) : NULL;
      const Pass *right = k < fresh->len ? &g_array_index (fresh, Pass, k) : NULL;
      int         order = left == NULL ? 1 : right == NULL ? -1 : compare_passes (left, right);
      Pass        pass;

      if (merge_pass (order <= 0 ? left : NULL, order >= 0 ? right : NULL, is_replacing, &n_room,
                      &pass))
        {
          g_array_append_val (merged, pass);
          *out_n_accepted += pass.is_accepted;
        }
      i += order <= 0;
      k += order >= 0;
    }
  return merged;
}

static gboolean
are_accepted_same (const GArray *a,
                   const GArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    {
      const Pass *left = &g_array_index (a, Pass, i), *right = &g_array_index (b, Pass, i);

      if (compare_passes (left, right) != 0 || left->is_accepted != right->is_accepted)
        return FALSE;
    }
  return TRUE;
}

/**
 * udpnat_mailbox_set_passes:
 * @is_replacing: these are all; else they are added, up to %UDPNAT_MAIL_PASSES_MAX
 * @passes: (nullable): @n_passes × %UDPNAT_MAIL_PASS_BYTES
 *
 * Letters that wait keep the pass they came with.
 *
 * Returns: whether that has changed anything; %FALSE also when there is no room for so many
 */
gboolean
udpnat_mailbox_set_passes (UdpnatMailbox         *self,
                           const UdpnatPublicKey *recipient,
                           gboolean               is_replacing,
                           const guint8          *passes,
                           guint                  n_passes)
{
  Recipient *found = ensure_recipient (self, recipient);
  g_autoptr (GArray) fresh = sort_passes (passes, n_passes);
  g_autoptr (GArray) merged = NULL;
  gboolean has_changed;
  gint64   more_bytes;
  guint    n_accepted;

  merged = merge_passes (found, fresh, is_replacing, &n_accepted);
  more_bytes = ((gint64) n_accepted - found->n_accepted) * UDPNAT_MAIL_PASS_COST_BYTES;
  has_changed = !are_accepted_same (found->passes, merged)
                && (more_bytes <= 0 || has_room (self, found, more_bytes));
  if (has_changed)
    {
      g_array_unref (found->passes);
      found->passes = g_steal_pointer (&merged);
      found->n_accepted = n_accepted;
      charge (self, found, more_bytes);
    }
  release_recipient (self, found);
  return has_changed;
}

/** udpnat_mailbox_mark_changed: @recipient's passes are to be popped, once */
void
udpnat_mailbox_mark_changed (UdpnatMailbox         *self,
                             const UdpnatPublicKey *recipient)
{
  Recipient *found = ensure_recipient (self, recipient);

  if (found->is_changed)
    return;
  found->is_changed = TRUE;
  g_queue_push_tail_link (&self->changed, &found->changed_link);
}

/**
 * udpnat_mailbox_pop_changed:
 *
 * Returns: (transfer full) (nullable): all passes of the next recipient that was marked; may be
 *   empty
 */
GBytes *
udpnat_mailbox_pop_changed (UdpnatMailbox   *self,
                            UdpnatPublicKey *out_recipient)
{
  g_autoptr (GByteArray) passes = NULL;
  GList     *link = g_queue_pop_head_link (&self->changed);
  Recipient *recipient;

  if (link == NULL)
    return NULL;
  recipient = link->data;
  passes = g_byte_array_new ();
  for (guint i = 0; i < recipient->passes->len; i++)
    {
      const Pass *pass = &g_array_index (recipient->passes, Pass, i);

      if (pass->is_accepted)
        g_byte_array_append (passes, pass->bytes, sizeof pass->bytes);
    }
  *out_recipient = recipient->key;
  recipient->is_changed = FALSE;
  release_recipient (self, recipient);
  return g_byte_array_free_to_bytes (g_steal_pointer (&passes));
}

/* ---- Letters ---- */

static gboolean
fits (const Share *share,
      gsize        n_bytes,
      gint64       max_bytes,
      guint        max_items)
{
  return share->n_bytes + (gint64) n_bytes <= max_bytes && share->n_items < max_items;
}

static const Share *
get_share (const Recipient *recipient,
           const guint8    *pass)
{
  static const Share empty;
  guint              index;

  if (recipient == NULL)
    return &empty;
  if (pass == NULL)
    return &recipient->strangers;
  return find_pass (recipient, pass, &index)
             ? &g_array_index (recipient->passes, Pass, index).share
             : &empty;
}

/**
 * udpnat_mailbox_judge:
 * @pass: (nullable): one that @recipient accepts; %NULL for a stranger
 *
 * A stranger is not told whether others have filled the mailbox: that would say who has mail.
 *
 * Returns: %UDPNAT_MAIL_STORED when there is room for the letter, or why not
 */
UdpnatMailCode
udpnat_mailbox_judge (const UdpnatMailbox   *self,
                      const UdpnatPublicKey *recipient,
                      const guint8          *pass,
                      gsize                  n_bytes)
{
  static const Share empty;
  const Recipient   *found = find_recipient (self, recipient);
  const Share       *all = found != NULL ? &found->all : &empty;
  const Share       *share = get_share (found, pass);

  if (pass == NULL)
    {
      if (n_bytes > UDPNAT_MAIL_STRANGER_MAX_BYTES)
        return UDPNAT_MAIL_TOO_LARGE;
      if (!fits (share, n_bytes, UDPNAT_MAIL_STRANGERS_BYTES, UDPNAT_MAIL_STRANGERS_ITEMS))
        return UDPNAT_MAIL_STRANGERS_FULL;
    }
  else if (!fits (share, n_bytes, UDPNAT_MAIL_SENDER_BYTES, UDPNAT_MAIL_SENDER_ITEMS))
    return UDPNAT_MAIL_SENDER_FULL;
  if (!fits (all, n_bytes, self->limits.recipient_bytes, UDPNAT_MAIL_RECIPIENT_ITEMS))
    return pass == NULL ? UDPNAT_MAIL_STRANGERS_FULL : UDPNAT_MAIL_RECIPIENT_FULL;
  return has_room (self, found, (gint64) n_bytes + UDPNAT_MAIL_ITEM_COST_BYTES)
             ? UDPNAT_MAIL_STORED
             : UDPNAT_MAIL_TRY_LATER;
}

static Share *
ensure_share (Recipient    *recipient,
              const guint8 *pass)
{
  Pass  fresh = { 0 };
  guint index;

  if (pass == NULL)
    return &recipient->strangers;
  if (!find_pass (recipient, pass, &index))
    {
      memcpy (fresh.bytes, pass, sizeof fresh.bytes);
      g_array_append_val (recipient->passes, fresh);
      g_array_sort (recipient->passes, compare_passes);
      if (!find_pass (recipient, pass, &index))
        g_assert_not_reached ();
    }
  return &g_array_index (recipient->passes, Pass, index).share;
}

static void
count_letter (UdpnatMailbox    *self,
              Recipient        *recipient,
              const UdpnatMail *mail,
              int               sign)
{
  Share *share = ensure_share (recipient, mail->has_pass ? mail->pass : NULL);

  share->n_bytes += sign * (gint64) mail->n_bytes;
  share->n_items += (guint) sign;
  recipient->all.n_bytes += sign * (gint64) mail->n_bytes;
  recipient->all.n_items += (guint) sign;
  self->n_bytes += sign * (gint64) mail->n_bytes;
  charge (self, recipient, sign * ((gint64) mail->n_bytes + UDPNAT_MAIL_ITEM_COST_BYTES));
}

static UdpnatMail *
insert (UdpnatMailbox         *self,
        guint64                number,
        const UdpnatPublicKey *key,
        const guint8          *pass,
        gsize                  n_bytes,
        gint64                 stored_s)
{
  Recipient  *recipient = ensure_recipient (self, key);
  UdpnatMail *mail = g_new0 (UdpnatMail, 1);

  mail->number = number;
  mail->recipient = &recipient->key;
  mail->stored_s = stored_s;
  mail->n_bytes = (guint32) n_bytes;
  mail->has_pass = pass != NULL;
  if (pass != NULL)
    memcpy (mail->pass, pass, sizeof mail->pass);
  mail->expiry.owner = mail;
  g_hash_table_insert (self->letters, &mail->number, mail);
  g_tree_insert (recipient->letters, &mail->number, mail);
  udpnat_heap_set (self->expiries, &mail->expiry,
                   stored_s + (gint64) self->limits.days * SECONDS_PER_DAY);
  count_letter (self, recipient, mail, 1);
  return mail;
}

/**
 * udpnat_mailbox_add:
 * @pass: (nullable): as udpnat_mailbox_judge() has it
 * @n_bytes: at most %UDPNAT_MAIL_SEALED_MAX_BYTES
 *
 * Takes a letter, whatever the limits say. It is not stored yet.
 *
 * Returns: (transfer none): with its number
 */
UdpnatMail *
udpnat_mailbox_add (UdpnatMailbox         *self,
                    const UdpnatPublicKey *recipient,
                    const guint8          *pass,
                    gsize                  n_bytes,
                    gint64                 stored_s)
{
  return insert (self, ++self->last_number, recipient, pass, n_bytes, stored_s);
}

/**
 * udpnat_mailbox_restore:
 *
 * A letter that was on disk at the start. One whose number is there already is left out.
 */
void
udpnat_mailbox_restore (UdpnatMailbox         *self,
                        guint64                number,
                        const UdpnatPublicKey *recipient,
                        const guint8          *pass,
                        gsize                  n_bytes,
                        gint64                 stored_s)
{
  if (number > G_MAXINT64 || n_bytes > UDPNAT_MAIL_SEALED_MAX_BYTES
      || udpnat_mailbox_find (self, number) != NULL)
    return;
  insert (self, number, recipient, pass, n_bytes, stored_s)->is_stored = TRUE;
  udpnat_mailbox_raise_number (self, number);
}

/** udpnat_mailbox_raise_number: numbers up to this one have been given before */
void
udpnat_mailbox_raise_number (UdpnatMailbox *self,
                             guint64        number)
{
  if (number <= G_MAXINT64)
    self->last_number = MAX (self->last_number, number);
}

UdpnatMail *
udpnat_mailbox_find (const UdpnatMailbox *self,
                     guint64              number)
{
  return g_hash_table_lookup (self->letters, &number);
}

/**
 * udpnat_mailbox_next:
 *
 * Returns: (nullable): @recipient's first letter with a number above @after; it may not be stored
 *   yet
 */
UdpnatMail *
udpnat_mailbox_next (const UdpnatMailbox   *self,
                     const UdpnatPublicKey *recipient,
                     guint64                after)
{
  const Recipient *found = find_recipient (self, recipient);
  GTreeNode       *node = found != NULL ? g_tree_upper_bound (found->letters, &after) : NULL;

  return node != NULL ? g_tree_node_value (node) : NULL;
}

/** udpnat_mailbox_peek_oldest: Returns: (nullable): what expires first */
UdpnatMail *
udpnat_mailbox_peek_oldest (const UdpnatMailbox *self)
{
  const UdpnatHeapItem *item = udpnat_heap_peek (self->expiries);

  return item != NULL ? item->owner : NULL;
}

/** udpnat_mailbox_remove: frees @mail */
void
udpnat_mailbox_remove (UdpnatMailbox *self,
                       UdpnatMail    *mail)
{
  Recipient *recipient = find_recipient (self, mail->recipient);
  guint      index;

  count_letter (self, recipient, mail, -1);
  if (mail->has_pass && find_pass (recipient, mail->pass, &index))
    {
      const Pass *pass = &g_array_index (recipient->passes, Pass, index);

      if (!pass->is_accepted && pass->share.n_items == 0)
        g_array_remove_index (recipient->passes, index);
    }
  udpnat_heap_remove (self->expiries, &mail->expiry);
  g_tree_remove (recipient->letters, &mail->number);
  g_hash_table_remove (self->letters, &mail->number);
  release_recipient (self, recipient);
}

/**
 * udpnat_mailbox_take_read:
 *
 * Returns: whether @mail may be read from the disk now; if not, it may be later
 */
gboolean
udpnat_mailbox_take_read (UdpnatMailbox    *self,
                          gint64            now_us,
                          const UdpnatMail *mail)
{
  Recipient *recipient = find_recipient (self, mail->recipient);

  if (!recipient->is_read)
    udpnat_token_bucket_init (&recipient->reads, UDPNAT_MAIL_READ_BURST_BYTES, now_us);
  recipient->is_read = TRUE;
  return udpnat_token_bucket_take (&recipient->reads, now_us,
                                   (gint64) mail->n_bytes + UDPNAT_MAIL_ITEM_COST_BYTES,
                                   UDPNAT_MAIL_READ_BURST_BYTES, UDPNAT_MAIL_READ_BYTES_PER_SECOND);
}

/** udpnat_mailbox_foreach_recipient: all who have letters; @func changes nothing here */
void
udpnat_mailbox_foreach_recipient (const UdpnatMailbox *self,
                                  UdpnatMailboxFunc    func,
                                  gpointer             user_data)
{
  GHashTableIter recipients;
  gpointer       pointer;

  g_hash_table_iter_init (&recipients, self->recipients);
  while (g_hash_table_iter_next (&recipients, &pointer, NULL))
    {
      const Recipient *recipient = pointer;

      if (g_tree_nnodes (recipient->letters) > 0)
        func (&recipient->key, user_data);
    }
}

guint
udpnat_mailbox_get_count (const UdpnatMailbox *self)
{
  return g_hash_table_size (self->letters);
}

/** udpnat_mailbox_get_bytes: Returns: what is sealed in all letters together */
gint64
udpnat_mailbox_get_bytes (const UdpnatMailbox *self)
{
  return self->n_bytes;
}
