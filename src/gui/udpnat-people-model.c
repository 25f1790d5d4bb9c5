/* Some of all people, in order. What decides on who is in it and where is kept beside each person,
 * so that a change of a person costs as much as finding their new place, and a search looks at
 * names that are folded already. */

#include "config.h"

#include "udpnat-people-model.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-name.h"

/* How many people are looked at as soon as they change. When a server is lost or a directory comes,
 * thousands change at once: the others wait until that is over, and are told of as one change. A
 * view makes rows for each change in its sight, so that would stop everything for seconds. */
#define TURN_PEOPLE_MAX 4

/* Up to how many places somebody may move within one change: views keep row and focus then, and
 * look at each of these rows. From further away it is cheaper to go and to come. */
#define MOVE_ROWS_MAX 100

typedef struct
{
  UdpnatPerson  *person;
  gulong         notify_id;
  GSequenceIter *place;    /* nullable: not in the model */
  guint          rank;     /* the smaller, the further above */
  gint64         when_us;  /* the newer, the further above */
  char          *collated; /* nullable: how the name sorts */
  char          *folded;   /* name and title, as names are compared */
  guint          n_unread; /* what they count for in the sum */
  gboolean       is_late;  /* has changed, and is not looked at yet */
  guint          turn;     /* in which they were looked at last */
  gboolean       is_renamed;
} Entry;

struct _UdpnatPeopleModel
{
  GObject           parent_instance;

  UdpnatPeopleKind  kind;
  GListModel       *source;
  UdpnatPerson     *me;
  GPtrArray        *entries;   /* as the source has them, then oneself */
  GHashTable       *by_person; /* borrowed Entry by UdpnatPerson */
  GSequence        *sorted;    /* borrowed Entry */
  UdpnatPerson     *current;   /* nullable */
  guint             n_unread;

  /* in this turn of the main loop */
  guint             turn;       /* its number; entries begin with 0 */
  guint             n_looked_at;
  GPtrArray        *late;       /* borrowed Entry */
  guint             turn_source; /* 0: nothing has happened in it */
  gboolean          is_quiet;    /* what changes is told of later */
};

enum
{
  PROP_0,
  PROP_N_ITEMS,
  PROP_UNREAD,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void list_model_init (GListModelInterface *iface);
static void selection_model_init (GtkSelectionModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UdpnatPeopleModel, udpnat_people_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init)
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SELECTION_MODEL,
                                                      selection_model_init))

/* ---- Who, and where ---- */

/** udpnat_people_is_here: whether something said now would reach them at once */
gboolean
udpnat_people_is_here (UdpnatPerson *person)
{
  return udpnat_person_is_online (person) && !udpnat_person_is_cut_off (person);
}

static gboolean
has_conversation (UdpnatPerson *person)
{
  const char *draft = udpnat_person_get_draft (person);

  return udpnat_person_get_last_line (person) != NULL || udpnat_person_is_pinned (person) ||
         (draft != NULL && *draft != '\0');
}

static gboolean
is_member (UdpnatPeopleModel *self,
           UdpnatPerson      *person)
{
  UdpnatRelation relation = udpnat_person_get_relation (person);

  switch (self->kind)
    {
    case UDPNAT_PEOPLE_CHATS:
      return person == self->me || relation == UDPNAT_RELATION_REQUEST ||
             (relation != UDPNAT_RELATION_BLOCKED && has_conversation (person));
    case UDPNAT_PEOPLE_REQUESTS:
      return relation == UDPNAT_RELATION_REQUEST;
    case UDPNAT_PEOPLE_HERE:
      return person != self->me && relation != UDPNAT_RELATION_REQUEST &&
             relation != UDPNAT_RELATION_BLOCKED;
    case UDPNAT_PEOPLE_ALL:
      return TRUE;
    }
  return FALSE;
}

static gboolean
is_by_time (UdpnatPeopleModel *self)
{
  return self->kind == UDPNAT_PEOPLE_CHATS || self->kind == UDPNAT_PEOPLE_REQUESTS;
}

static guint
get_rank (UdpnatPeopleModel *self,
          UdpnatPerson      *person)
{
  if (self->kind == UDPNAT_PEOPLE_REQUESTS)
    return 0;
  if (self->kind == UDPNAT_PEOPLE_CHATS && udpnat_person_is_pinned (person))
    return 0;
  /* Notes are listed before there is one; what is a conversation and has no time comes first. */
  if (self->kind == UDPNAT_PEOPLE_CHATS)
    return person == self->me && !has_conversation (person) ? 2 : 1;
  return udpnat_people_is_here (person) ? 0 : 1;
}

static int
compare (gconstpointer a,
         gconstpointer b,
         gpointer      user_data)
{
  const Entry *one = a;
  const Entry *other = b;
  int order;

  if (one->rank != other->rank)
    return one->rank < other->rank ? -1 : 1;
  if (one->when_us != other->when_us)
    return one->when_us > other->when_us ? -1 : 1;
  order = g_strcmp0 (one->collated, other->collated);
  if (order == 0)
    order = g_strcmp0 (udpnat_person_get_key_text (one->person),
                       udpnat_person_get_key_text (other->person));
  return order;
}

/* Most names are ASCII, and there may be ten thousand of them. */
static char *
fold (const char *name)
{
  return g_str_is_ascii (name) ? g_ascii_strdown (name, -1) : udpnat_name_fold (name);
}

/* Line breaks are in no name, so nothing that is looked for spans two of them. */
static void
read_names (UdpnatPeopleModel *self,
            Entry             *entry)
{
  const char *nickname = entry->person == self->me ? _("Note to Self")
                                                   : udpnat_person_get_nickname (entry->person);
  g_autofree char *name = fold (udpnat_person_get_name (entry->person));
  g_autofree char *title = nickname != NULL ? fold (nickname) : NULL;

  g_free (entry->folded);
  g_clear_pointer (&entry->collated, g_free);
  if (!is_by_time (self))
    entry->collated = g_utf8_collate_key (title != NULL ? title : name, -1);
  entry->folded = title != NULL ? g_strconcat (title, "\n", name, NULL) : g_steal_pointer (&name);
}

/** udpnat_people_model_matches: @folded: from udpnat_name_fold(): part of a name or nickname */
gboolean
udpnat_people_model_matches (UdpnatPeopleModel *self,
                             UdpnatPerson      *person,
                             const char        *folded)
{
  const Entry *entry = g_hash_table_lookup (self->by_person, person);

  return entry != NULL && strstr (entry->folded, folded) != NULL;
}

/**
 * udpnat_people_model_search:
 * @folded: from udpnat_name_fold(): part of a name or nickname
 * @found: (element-type UdpnatPerson): the first who match are added to it, each with a reference
 * @n_found_max: how many of them
 *
 * Returns: how many match
 */
guint
udpnat_people_model_search (UdpnatPeopleModel *self,
                            const char        *folded,
                            GPtrArray         *found,
                            guint              n_found_max)
{
  guint n_matches = 0;

  for (GSequenceIter *i = g_sequence_get_begin_iter (self->sorted); !g_sequence_iter_is_end (i);
       i = g_sequence_iter_next (i))
    {
      const Entry *entry = g_sequence_get (i);

      if (strstr (entry->folded, folded) == NULL)
        continue;
      if (n_matches++ < n_found_max)
        g_ptr_array_add (found, g_object_ref (entry->person));
    }
  return n_matches;
}

/* ---- Coming, going, moving ---- */

static void
tell (UdpnatPeopleModel *self,
      guint              position,
      guint              n_removed,
      guint              n_added)
{
  if (self->is_quiet)
    return;
  g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, n_added);
  if (n_removed != n_added)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_ITEMS]);
}

static void
come (UdpnatPeopleModel *self,
      Entry             *entry)
{
  entry->place = g_sequence_insert_sorted (self->sorted, entry, compare, NULL);
  tell (self, g_sequence_iter_get_position (entry->place), 0, 1);
}

static void
go (UdpnatPeopleModel *self,
    Entry             *entry)
{
  guint position = g_sequence_iter_get_position (entry->place);

  g_sequence_remove (g_steal_pointer (&entry->place));
  tell (self, position, 1, 0);
}

static void
move (UdpnatPeopleModel *self,
      Entry             *entry)
{
  guint before = g_sequence_iter_get_position (entry->place);
  guint after;
  guint n_rows;

  g_sequence_remove (entry->place);
  entry->place = g_sequence_insert_sorted (self->sorted, entry, compare, NULL);
  after = g_sequence_iter_get_position (entry->place);
  n_rows = MAX (before, after) - MIN (before, after) + 1;
  if (n_rows == 1)
    return;
  if (n_rows <= MOVE_ROWS_MAX)
    {
      tell (self, MIN (before, after), n_rows, n_rows);
      return;
    }
  g_sequence_remove (g_steal_pointer (&entry->place));
  tell (self, before, 1, 0);
  come (self, entry);
}

static void
count_unread (UdpnatPeopleModel *self,
              Entry             *entry)
{
  gboolean counts = entry->place != NULL && !udpnat_person_is_muted (entry->person);
  guint n_unread = counts ? udpnat_person_get_unread (entry->person) : 0;

  if (n_unread == entry->n_unread)
    return;
  self->n_unread += n_unread - entry->n_unread;
  entry->n_unread = n_unread;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNREAD]);
}

/* Brings into line what the person says now. */
static void
place (UdpnatPeopleModel *self,
       Entry             *entry)
{
  guint rank = get_rank (self, entry->person);
  gint64 when_us = is_by_time (self) ? udpnat_person_get_last_shown (entry->person) : 0;
  gboolean has_moved = entry->is_renamed || rank != entry->rank || when_us != entry->when_us;

  if (entry->is_renamed)
    read_names (self, entry);
  entry->is_renamed = FALSE;
  entry->rank = rank;
  entry->when_us = when_us;
  if (!is_member (self, entry->person))
    {
      if (entry->place != NULL)
        go (self, entry);
    }
  else if (entry->place == NULL)
    come (self, entry);
  else if (has_moved)
    move (self, entry);
  count_unread (self, entry);
}

/* ---- Crowds ---- */

static void
place_late (UdpnatPeopleModel *self,
            gboolean           is_quiet)
{
  guint n_before = g_sequence_get_length (self->sorted);

  self->is_quiet = is_quiet;
  for (guint i = 0; i < self->late->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->late, i);

      entry->is_late = FALSE;
      place (self, entry);
    }
  self->is_quiet = FALSE;
  g_ptr_array_set_size (self->late, 0);
  if (is_quiet)
    tell (self, 0, n_before, g_sequence_get_length (self->sorted));
}

static gboolean
turn_cb (gpointer user_data)
{
  UdpnatPeopleModel *self = user_data;

  self->turn_source = 0;
  self->turn++;
  self->n_looked_at = 0;
  place_late (self, self->late->len > TURN_PEOPLE_MAX);
  return G_SOURCE_REMOVE;
}

/* Their place in the order stays until they are looked at, so what it depends on must stay too. */
static void
look_at (UdpnatPeopleModel *self,
         Entry             *entry)
{
  if (entry->is_late)
    return;
  if (self->turn_source == 0) /* before the next frame */
    self->turn_source = g_idle_add_full (G_PRIORITY_HIGH_IDLE, turn_cb, self, NULL);
  if (entry->turn != self->turn && self->n_looked_at < TURN_PEOPLE_MAX)
    {
      self->n_looked_at++;
      entry->turn = self->turn;
    }
  if (entry->turn == self->turn)
    {
      place (self, entry);
      return;
    }
  entry->is_late = TRUE;
  g_ptr_array_add (self->late, entry);
}

/* What only the rows show. */
static gboolean
is_of_no_matter (const char *property)
{
  return g_str_equal (property, "typing") ||
         g_str_equal (property, "path-kind") || g_str_equal (property, "last-seen-us") ||
         g_str_equal (property, "status") || g_str_equal (property, "avatar");
}

static void
notify_cb (UdpnatPerson      *person,
           GParamSpec        *property,
           UdpnatPeopleModel *self)
{
  Entry *entry = g_hash_table_lookup (self->by_person, person);

  if (entry == NULL || is_of_no_matter (property->name))
    return;
  entry->is_renamed |= g_str_equal (property->name, "title") ||
                       g_str_equal (property->name, "name");
  look_at (self, entry);
}

static Entry *
add (UdpnatPeopleModel *self,
     UdpnatPerson      *person,
     guint              index)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->person = g_object_ref (person);
  entry->notify_id = g_signal_connect (person, "notify", G_CALLBACK (notify_cb), self);
  g_ptr_array_insert (self->entries, index, entry);
  g_hash_table_insert (self->by_person, person, entry);
  read_names (self, entry);
  return entry;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_signal_handler_disconnect (entry->person, entry->notify_id);
  g_object_unref (entry->person);
  g_free (entry->collated);
  g_free (entry->folded);
  g_free (entry);
}

static void
source_changed_cb (UdpnatPeopleModel *self,
                   guint              position,
                   guint              n_removed,
                   guint              n_added)
{
  for (guint i = 0; i < n_removed; i++)
    {
      Entry *entry = g_ptr_array_index (self->entries, position);

      if (entry->is_late)
        g_ptr_array_remove_fast (self->late, entry);
      g_hash_table_remove (self->by_person, entry->person);
      if (entry->place != NULL)
        go (self, entry);
      count_unread (self, entry);
      g_ptr_array_remove_index (self->entries, position);
    }
  for (guint i = position; i < position + n_added; i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (self->source, i);

      look_at (self, add (self, person, i));
    }
}

/** udpnat_people_model_find: @out_position: (out) (optional): where @person is, if they are */
gboolean
udpnat_people_model_find (UdpnatPeopleModel *self,
                          UdpnatPerson      *person,
                          guint             *out_position)
{
  const Entry *entry = g_hash_table_lookup (self->by_person, person);

  if (entry == NULL || entry->place == NULL)
    return FALSE;
  if (out_position != NULL)
    *out_position = g_sequence_iter_get_position (entry->place);
  return TRUE;
}

/* ---- The current one ---- */

static void
tell_selection (UdpnatPeopleModel *self,
                UdpnatPerson      *person)
{
  guint position;

  if (person != NULL && udpnat_people_model_find (self, person, &position))
    gtk_selection_model_selection_changed (GTK_SELECTION_MODEL (self), position, 1);
}

/** udpnat_people_model_set_current: @person: (nullable): whose row is marked, when there is one */
void
udpnat_people_model_set_current (UdpnatPeopleModel *self,
                                 UdpnatPerson      *person)
{
  g_autoptr (UdpnatPerson) before = g_steal_pointer (&self->current);

  g_set_object (&self->current, person);
  if (before == person)
    return;
  tell_selection (self, before);
  tell_selection (self, person);
}

static gboolean
is_selected (GtkSelectionModel *model,
             guint              position)
{
  UdpnatPeopleModel *self = UDPNAT_PEOPLE_MODEL (model);
  guint current;

  return self->current != NULL && udpnat_people_model_find (self, self->current, &current) &&
         current == position;
}

static GtkBitset *
get_selection_in_range (GtkSelectionModel *model,
                        guint              position,
                        guint              n_items)
{
  UdpnatPeopleModel *self = UDPNAT_PEOPLE_MODEL (model);
  GtkBitset *selection = gtk_bitset_new_empty ();
  guint current;

  if (self->current != NULL && udpnat_people_model_find (self, self->current, &current))
    gtk_bitset_add (selection, current);
  return selection;
}

static void
selection_model_init (GtkSelectionModelInterface *iface)
{
  iface->is_selected = is_selected;
  iface->get_selection_in_range = get_selection_in_range;
}

/* ---- List model ---- */

static GType
get_item_type (GListModel *model)
{
  return UDPNAT_TYPE_PERSON;
}

static guint
get_n_items (GListModel *model)
{
  return g_sequence_get_length (UDPNAT_PEOPLE_MODEL (model)->sorted);
}

static gpointer
get_item (GListModel *model,
          guint       position)
{
  GSequenceIter *at;

  if (position >= get_n_items (model))
    return NULL;
  at = g_sequence_get_iter_at_pos (UDPNAT_PEOPLE_MODEL (model)->sorted, position);
  return g_object_ref (((Entry *) g_sequence_get (at))->person);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

/* ---- Object ---- */

static void
udpnat_people_model_dispose (GObject *object)
{
  UdpnatPeopleModel *self = UDPNAT_PEOPLE_MODEL (object);

  if (self->source != NULL)
    g_signal_handlers_disconnect_by_data (self->source, self);
  g_clear_handle_id (&self->turn_source, g_source_remove);
  g_ptr_array_set_size (self->late, 0);
  g_clear_object (&self->source);
  g_clear_object (&self->current);
  g_hash_table_remove_all (self->by_person);
  g_sequence_remove_range (g_sequence_get_begin_iter (self->sorted),
                           g_sequence_get_end_iter (self->sorted));
  g_ptr_array_set_size (self->entries, 0);
  G_OBJECT_CLASS (udpnat_people_model_parent_class)->dispose (object);
}

static void
udpnat_people_model_finalize (GObject *object)
{
  UdpnatPeopleModel *self = UDPNAT_PEOPLE_MODEL (object);

  g_hash_table_unref (self->by_person);
  g_sequence_free (self->sorted);
  g_ptr_array_unref (self->entries);
  g_ptr_array_unref (self->late);
  G_OBJECT_CLASS (udpnat_people_model_parent_class)->finalize (object);
}

static void
udpnat_people_model_get_property (GObject    *object,
                                  guint       prop_id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_N_ITEMS:
      g_value_set_uint (value, g_sequence_get_length (UDPNAT_PEOPLE_MODEL (object)->sorted));
      break;
    case PROP_UNREAD:
      g_value_set_uint (value, UDPNAT_PEOPLE_MODEL (object)->n_unread);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_people_model_class_init (UdpnatPeopleModelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = udpnat_people_model_get_property;
  object_class->dispose = udpnat_people_model_dispose;
  object_class->finalize = udpnat_people_model_finalize;

  properties[PROP_N_ITEMS] = g_param_spec_uint ("n-items", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_UNREAD] = g_param_spec_uint ("unread", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_people_model_init (UdpnatPeopleModel *self)
{
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->by_person = g_hash_table_new (NULL, NULL);
  self->sorted = g_sequence_new (NULL);
  self->late = g_ptr_array_new ();
  self->turn = 1;
}

UdpnatPeopleModel *
udpnat_people_model_new (UdpnatClient     *client,
                         UdpnatPeopleKind  kind)
{
  UdpnatPeopleModel *self = g_object_new (UDPNAT_TYPE_PEOPLE_MODEL, NULL);

  self->kind = kind;
  self->me = udpnat_client_get_self (client); /* as old as the client's people */
  self->source = g_object_ref (udpnat_client_get_people (client));
  g_signal_connect_swapped (self->source, "items-changed", G_CALLBACK (source_changed_cb), self);
  source_changed_cb (self, 0, 0, g_list_model_get_n_items (self->source));
  place (self, add (self, self->me, self->entries->len));
  place_late (self, TRUE);
  self->turn++;
  self->n_looked_at = 0;
  return self;
}
