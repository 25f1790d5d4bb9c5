/* Some of all people, in order: udpnat-people-entry.c says who, and where. Here is what is told of
 * it to views, to which each change is dear: a few people move one by one, a crowd at once. */

#include "config.h"

#include "udpnat-people-model.h"

#include <string.h>

/* How many people are looked at as soon as they change. When a server is lost or a directory comes,
 * thousands change at once: the others wait until that is over. */
#define TURN_PEOPLE_MAX 1

/* More than these who have waited are told of as one change. A view looks at all its rows with each
 * change, and makes new ones, so that would stop everything for seconds. */
#define ALONE_PEOPLE_MAX 4

/* Up to how many places somebody may move within one change: views keep row and focus then, and
 * look at each of these rows. From further away it is cheaper to go and to come. */
#define MOVE_ROWS_MAX 100

struct _UdpnatPeopleModel
{
  GObject           parent_instance;

  UdpnatPeopleKind  kind;
  GListModel       *source;
  UdpnatPerson     *me;
  GPtrArray        *entries;   /* as the source has them, then oneself */
  GHashTable       *by_person; /* borrowed UdpnatPeopleEntry by UdpnatPerson */
  GSequence        *sorted;    /* borrowed UdpnatPeopleEntry */
  UdpnatPerson     *current;   /* nullable */
  guint             n_unread;

  /* in this turn of the main loop */
  guint             turn;       /* its number; entries begin with 0 */
  guint             n_looked_at;
  GPtrArray        *late;       /* borrowed UdpnatPeopleEntry */
  guint             turn_source; /* 0: nothing has happened in it */
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

/* ---- Searching ---- */

/** udpnat_people_model_matches: @folded: from udpnat_name_fold(): part of a name or nickname */
gboolean
udpnat_people_model_matches (UdpnatPeopleModel *self,
                             UdpnatPerson      *person,
                             const char        *folded)
{
  const UdpnatPeopleEntry *entry = g_hash_table_lookup (self->by_person, person);

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
      const UdpnatPeopleEntry *entry = g_sequence_get (i);

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
  g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, n_added);
  if (n_removed != n_added)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_ITEMS]);
}

static void
come (UdpnatPeopleModel *self,
      UdpnatPeopleEntry *entry)
{
  entry->place = g_sequence_insert_sorted (self->sorted, entry, udpnat_people_entry_compare, NULL);
  tell (self, g_sequence_iter_get_position (entry->place), 0, 1);
}

static void
go (UdpnatPeopleModel *self,
    UdpnatPeopleEntry *entry)
{
  guint position = g_sequence_iter_get_position (entry->place);

  g_sequence_remove (g_steal_pointer (&entry->place));
  tell (self, position, 1, 0);
}

static void
move (UdpnatPeopleModel *self,
      UdpnatPeopleEntry *entry)
{
  guint before = g_sequence_iter_get_position (entry->place);
  guint after;
  guint n_rows;

  g_sequence_remove (entry->place);
  entry->place = g_sequence_insert_sorted (self->sorted, entry, udpnat_people_entry_compare, NULL);
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
              UdpnatPeopleEntry *entry)
{
  gboolean counts = entry->place != NULL && !udpnat_person_is_muted (entry->person);
  guint n_unread = counts ? udpnat_person_get_unread (entry->person) : 0;

  if (n_unread == entry->n_unread)
    return;
  self->n_unread += n_unread - entry->n_unread;
  entry->n_unread = n_unread;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNREAD]);
}

static void
place (UdpnatPeopleModel *self,
       UdpnatPeopleEntry *entry)
{
  gboolean has_moved = udpnat_people_entry_update (entry);

  if (!udpnat_people_entry_is_member (entry))
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

static int
compare_pointers (gconstpointer a,
                  gconstpointer b)
{
  return udpnat_people_entry_compare (*(gconstpointer const *) a, *(gconstpointer const *) b, NULL);
}

/* Returns: (transfer full): those of @late who are in the list now, in order */
static GPtrArray *
sort_late (UdpnatPeopleModel *self,
           const GPtrArray   *late)
{
  GPtrArray *sorted = g_ptr_array_new ();

  for (guint i = 0; i < late->len; i++)
    {
      udpnat_people_entry_update (late->pdata[i]);
      if (udpnat_people_entry_is_member (late->pdata[i]))
        g_ptr_array_add (sorted, late->pdata[i]);
    }
  g_ptr_array_sort (sorted, compare_pointers);
  return sorted;
}

/* Returns: (transfer full): @late among all others, who have stayed in order */
static GPtrArray *
merge (UdpnatPeopleModel *self,
       const GPtrArray   *late)
{
  GPtrArray *merged = g_ptr_array_sized_new (self->entries->len);
  guint n_merged = 0; /* of the late */

  for (GSequenceIter *i = g_sequence_get_begin_iter (self->sorted); !g_sequence_iter_is_end (i);
       i = g_sequence_iter_next (i))
    {
      UdpnatPeopleEntry *entry = g_sequence_get (i);

      if (entry->is_late)
        continue;
      while (n_merged < late->len &&
             udpnat_people_entry_compare (late->pdata[n_merged], entry, NULL) < 0)
        g_ptr_array_add (merged, late->pdata[n_merged++]);
      g_ptr_array_add (merged, entry);
    }
  while (n_merged < late->len)
    g_ptr_array_add (merged, late->pdata[n_merged++]);
  return merged;
}

static guint
count_same_above (UdpnatPeopleModel *self,
                  const GPtrArray   *order)
{
  GSequenceIter *i = g_sequence_get_begin_iter (self->sorted);
  guint n_same = 0;

  while (n_same < order->len && !g_sequence_iter_is_end (i) &&
         g_sequence_get (i) == order->pdata[n_same])
    {
      n_same++;
      i = g_sequence_iter_next (i);
    }
  return n_same;
}

static guint
count_same_below (UdpnatPeopleModel *self,
                  const GPtrArray   *order,
                  guint              n_max)
{
  GSequenceIter *i = g_sequence_get_end_iter (self->sorted);
  guint n_same = 0;

  while (n_same < n_max)
    {
      i = g_sequence_iter_prev (i);
      if (g_sequence_get (i) != order->pdata[order->len - 1 - n_same])
        break;
      n_same++;
    }
  return n_same;
}

/* All but the first @n_above and the last @n_below. Who has not waited stays where they are. */
static void
replace_between (UdpnatPeopleModel *self,
                 const GPtrArray   *order,
                 guint              n_above,
                 guint              n_below)
{
  GSequenceIter *end = g_sequence_get_iter_at_pos (
    self->sorted, g_sequence_get_length (self->sorted) - (int) n_below);
  GSequenceIter *i = g_sequence_get_iter_at_pos (self->sorted, (int) n_above);

  while (i != end)
    {
      GSequenceIter     *next = g_sequence_iter_next (i);
      UdpnatPeopleEntry *entry = g_sequence_get (i);

      if (entry->is_late)
        {
          entry->place = NULL;
          g_sequence_remove (i);
        }
      i = next;
    }
  i = g_sequence_get_iter_at_pos (self->sorted, (int) n_above);
  for (guint n = n_above; n < order->len - n_below; n++)
    {
      UdpnatPeopleEntry *entry = order->pdata[n];

      if (entry->is_late)
        entry->place = g_sequence_insert_before (i, entry);
      else
        i = g_sequence_iter_next (i);
    }
}

/* One change of the list, of what is between the first row and the last that are not what they
 * were. Moving them one by one takes three times as long. */
static void
place_crowd (UdpnatPeopleModel *self,
             const GPtrArray   *late)
{
  g_autoptr (GPtrArray) sorted = sort_late (self, late);
  g_autoptr (GPtrArray) order = merge (self, sorted);
  guint n_before = (guint) g_sequence_get_length (self->sorted);
  guint n_above = count_same_above (self, order);
  guint n_below = count_same_below (self, order, MIN (n_before, order->len) - n_above);

  replace_between (self, order, n_above, n_below);
  for (guint i = 0; i < late->len; i++)
    {
      ((UdpnatPeopleEntry *) late->pdata[i])->is_late = FALSE;
      count_unread (self, late->pdata[i]);
    }
  if (n_above + n_below < MAX (n_before, order->len))
    tell (self, n_above, n_before - n_above - n_below, order->len - n_above - n_below);
}

static void
place_late (UdpnatPeopleModel *self)
{
  g_autoptr (GPtrArray) late = g_steal_pointer (&self->late);

  self->late = g_ptr_array_new ();
  if (late->len > ALONE_PEOPLE_MAX)
    {
      place_crowd (self, late);
      return;
    }
  for (guint i = 0; i < late->len; i++)
    {
      ((UdpnatPeopleEntry *) late->pdata[i])->is_late = FALSE;
      place (self, late->pdata[i]);
    }
}

static gboolean
turn_cb (gpointer user_data)
{
  UdpnatPeopleModel *self = user_data;

  self->turn_source = 0;
  self->turn++;
  self->n_looked_at = 0;
  place_late (self);
  return G_SOURCE_REMOVE;
}

/* Their place in the order stays until they are looked at, so what it depends on must stay too. */
static void
look_at (UdpnatPeopleModel *self,
         UdpnatPeopleEntry *entry)
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

/* What only the rows show, and whether they are here in a list by time. */
static gboolean
is_of_no_matter (UdpnatPeopleModel *self,
                 const char        *property)
{
  if (udpnat_people_kind_is_by_time (self->kind) &&
      (g_str_equal (property, "presence") || g_str_equal (property, "on-lan")))
    return TRUE;
  return g_str_equal (property, "typing") ||
         g_str_equal (property, "path-kind") || g_str_equal (property, "last-seen-us") ||
         g_str_equal (property, "status") || g_str_equal (property, "avatar");
}

static void
notify_cb (UdpnatPerson      *person,
           GParamSpec        *property,
           UdpnatPeopleModel *self)
{
  UdpnatPeopleEntry *entry = g_hash_table_lookup (self->by_person, person);

  if (entry == NULL || is_of_no_matter (self, property->name))
    return;
  entry->is_renamed |= g_str_equal (property->name, "title") ||
                       g_str_equal (property->name, "name");
  look_at (self, entry);
}

static UdpnatPeopleEntry *
add (UdpnatPeopleModel *self,
     UdpnatPerson      *person,
     guint              index)
{
  UdpnatPeopleEntry *entry = udpnat_people_entry_new (self->kind, self->me, person);

  entry->notify_id = g_signal_connect (person, "notify", G_CALLBACK (notify_cb), self);
  g_ptr_array_insert (self->entries, index, entry);
  g_hash_table_insert (self->by_person, person, entry);
  return entry;
}

static void
entry_free (gpointer data)
{
  UdpnatPeopleEntry *entry = data;

  g_signal_handler_disconnect (entry->person, entry->notify_id);
  udpnat_people_entry_free (entry);
}

static void
source_changed_cb (UdpnatPeopleModel *self,
                   guint              position,
                   guint              n_removed,
                   guint              n_added)
{
  for (guint i = 0; i < n_removed; i++)
    {
      UdpnatPeopleEntry *entry = g_ptr_array_index (self->entries, position);

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
  const UdpnatPeopleEntry *entry = g_hash_table_lookup (self->by_person, person);

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
  return g_object_ref (((UdpnatPeopleEntry *) g_sequence_get (at))->person);
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
  place_late (self);
  self->turn++;
  self->n_looked_at = 0;
  return self;
}
