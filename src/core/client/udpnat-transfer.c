/* How a file transfer stands: what a view shows of it, and in which words. */

#include "config.h"

#include "udpnat-transfer.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>

#include "udpnat-words.h"

struct _UdpnatTransfer
{
  GObject             parent_instance;

  char               *name;
  gint64              size_bytes;
  char               *content_type;
  gboolean            is_outgoing;
  UdpnatTransferState state;
  gboolean            is_paused_here;
  gboolean            is_paused_there;
  gint64              done_bytes;
  gint64              rate; /* bytes/s, 0 when not known */
  char               *reason;
  char               *path;
  int                 width;
  int                 height;
  gint64              line;
  gboolean            is_folder;
  guint               n_files;
  GBytes             *thumbnail;
};

enum
{
  PROP_0,
  PROP_NAME,
  PROP_SIZE,
  PROP_CONTENT_TYPE,
  PROP_OUTGOING,
  PROP_STATE,
  PROP_PAUSED_HERE,
  PROP_PAUSED_THERE,
  PROP_DONE,
  PROP_RATE,
  PROP_REASON,
  PROP_PATH,
  PROP_PICTURE_WIDTH,
  PROP_PICTURE_HEIGHT,
  PROP_THUMBNAIL,
  PROP_LINE,
  PROP_FOLDER,
  PROP_FILES,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatTransfer, udpnat_transfer, G_TYPE_OBJECT)

/* ---- Object ---- */

static void
udpnat_transfer_get_property (GObject    *object,
                              guint       prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  UdpnatTransfer *self = UDPNAT_TRANSFER (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_SIZE:
      g_value_set_int64 (value, self->size_bytes);
      break;
    case PROP_CONTENT_TYPE:
      g_value_set_string (value, self->content_type);
      break;
    case PROP_OUTGOING:
      g_value_set_boolean (value, self->is_outgoing);
      break;
    case PROP_STATE:
      g_value_set_int (value, (int) self->state);
      break;
    case PROP_PAUSED_HERE:
      g_value_set_boolean (value, self->is_paused_here);
      break;
    case PROP_PAUSED_THERE:
      g_value_set_boolean (value, self->is_paused_there);
      break;
    case PROP_DONE:
      g_value_set_int64 (value, self->done_bytes);
      break;
    case PROP_RATE:
      g_value_set_int64 (value, self->rate);
      break;
    case PROP_REASON:
      g_value_set_string (value, self->reason);
      break;
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    case PROP_PICTURE_WIDTH:
      g_value_set_int (value, self->width);
      break;
    case PROP_PICTURE_HEIGHT:
      g_value_set_int (value, self->height);
      break;
    case PROP_THUMBNAIL:
      g_value_set_boxed (value, self->thumbnail);
      break;
    case PROP_LINE:
      g_value_set_int64 (value, self->line);
      break;
    case PROP_FOLDER:
      g_value_set_boolean (value, self->is_folder);
      break;
    case PROP_FILES:
      g_value_set_uint (value, self->n_files);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_transfer_finalize (GObject *object)
{
  UdpnatTransfer *self = UDPNAT_TRANSFER (object);

  g_free (self->name);
  g_free (self->content_type);
  g_free (self->reason);
  g_free (self->path);
  g_clear_pointer (&self->thumbnail, g_bytes_unref);
  G_OBJECT_CLASS (udpnat_transfer_parent_class)->finalize (object);
}

static void
udpnat_transfer_class_init (UdpnatTransferClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = udpnat_transfer_get_property;
  object_class->finalize = udpnat_transfer_finalize;

  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  properties[PROP_SIZE] = g_param_spec_int64 ("size", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_CONTENT_TYPE] = g_param_spec_string ("content-type", NULL, NULL, NULL, flags);
  properties[PROP_OUTGOING] = g_param_spec_boolean ("outgoing", NULL, NULL, FALSE, flags);
  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0,
                                             UDPNAT_TRANSFER_STATE_CANCELLED, 0, flags);
  properties[PROP_PAUSED_HERE] = g_param_spec_boolean ("paused-here", NULL, NULL, FALSE, flags);
  properties[PROP_PAUSED_THERE] = g_param_spec_boolean ("paused-there", NULL, NULL, FALSE, flags);
  properties[PROP_DONE] = g_param_spec_int64 ("done", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_RATE] = g_param_spec_int64 ("rate", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_REASON] = g_param_spec_string ("reason", NULL, NULL, NULL, flags);
  properties[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, NULL, flags);
  properties[PROP_PICTURE_WIDTH] = g_param_spec_int ("picture-width", NULL, NULL, 0, G_MAXINT, 0,
                                                     flags);
  properties[PROP_PICTURE_HEIGHT] = g_param_spec_int ("picture-height", NULL, NULL, 0, G_MAXINT, 0,
                                                      flags);
  properties[PROP_THUMBNAIL] = g_param_spec_boxed ("thumbnail", NULL, NULL, G_TYPE_BYTES, flags);
  properties[PROP_LINE] = g_param_spec_int64 ("line", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_FOLDER] = g_param_spec_boolean ("folder", NULL, NULL, FALSE, flags);
  properties[PROP_FILES] = g_param_spec_uint ("files", NULL, NULL, 0, G_MAXUINT, 1, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_transfer_init (UdpnatTransfer *self)
{
  self->n_files = 1;
}

/**
 * udpnat_transfer_new:
 * @name: of the file, UTF-8, without a folder
 * @content_type: (nullable): as g_content_type_guess() gives it
 * @is_outgoing: whether it is given to the other side
 *
 * Returns: (transfer full): a transfer that is offered
 */
UdpnatTransfer *
udpnat_transfer_new (const char *name,
                     gint64      size_bytes,
                     const char *content_type,
                     gboolean    is_outgoing)
{
  UdpnatTransfer *self = g_object_new (UDPNAT_TYPE_TRANSFER, NULL);

  self->name = g_strdup (name);
  self->size_bytes = MAX (size_bytes, 0);
  self->content_type = g_strdup (content_type);
  self->is_outgoing = is_outgoing;
  return self;
}

/* ---- Reading ---- */

const char *
udpnat_transfer_get_name (UdpnatTransfer *self)
{
  return self->name;
}

/** udpnat_transfer_get_size: Returns: bytes */
gint64
udpnat_transfer_get_size (UdpnatTransfer *self)
{
  return self->size_bytes;
}

/** udpnat_transfer_get_content_type: Returns: (nullable): %NULL when it is not known */
const char *
udpnat_transfer_get_content_type (UdpnatTransfer *self)
{
  return self->content_type;
}

gboolean
udpnat_transfer_is_outgoing (UdpnatTransfer *self)
{
  return self->is_outgoing;
}

UdpnatTransferState
udpnat_transfer_get_state (UdpnatTransfer *self)
{
  return self->state;
}

gboolean
udpnat_transfer_is_paused_here (UdpnatTransfer *self)
{
  return self->is_paused_here;
}

gboolean
udpnat_transfer_is_paused_there (UdpnatTransfer *self)
{
  return self->is_paused_there;
}

/** udpnat_transfer_get_done: Returns: bytes that are at the receiver's */
gint64
udpnat_transfer_get_done (UdpnatTransfer *self)
{
  return self->done_bytes;
}

/** udpnat_transfer_get_rate: Returns: bytes/s, 0 when it is not known */
gint64
udpnat_transfer_get_rate (UdpnatTransfer *self)
{
  return self->rate;
}

/** udpnat_transfer_get_left_s: Returns: seconds until it is done at this rate, -1 when not known */
gint64
udpnat_transfer_get_left_s (UdpnatTransfer *self)
{
  if (self->rate <= 0)
    return -1;
  return (self->size_bytes - self->done_bytes) / self->rate;
}

/** udpnat_transfer_get_reason: Returns: (nullable): a code, when it has failed */
const char *
udpnat_transfer_get_reason (UdpnatTransfer *self)
{
  return self->reason;
}

/** udpnat_transfer_get_path: Returns: (nullable): where the file is on this computer */
const char *
udpnat_transfer_get_path (UdpnatTransfer *self)
{
  return self->path;
}

/** udpnat_transfer_get_width: Returns: pixels, 0 when it is no picture */
int
udpnat_transfer_get_width (UdpnatTransfer *self)
{
  return self->width;
}

/** udpnat_transfer_get_height: Returns: pixels, 0 when it is no picture */
int
udpnat_transfer_get_height (UdpnatTransfer *self)
{
  return self->height;
}

/** udpnat_transfer_get_line: Returns: the number of the line that offers it, 0: none */
gint64
udpnat_transfer_get_line (UdpnatTransfer *self)
{
  return self->line;
}

gboolean
udpnat_transfer_is_folder (UdpnatTransfer *self)
{
  return self->is_folder;
}

/** udpnat_transfer_get_n_files: Returns: how many are in the folder; 1 when it is none */
guint
udpnat_transfer_get_n_files (UdpnatTransfer *self)
{
  return self->n_files;
}

/** udpnat_transfer_get_thumbnail: Returns: (transfer none) (nullable): a small picture of it, PNG
 * or JPEG as its sender says: decode it with care */
GBytes *
udpnat_transfer_get_thumbnail (UdpnatTransfer *self)
{
  return self->thumbnail;
}

/** udpnat_transfer_get_state_code: Returns: for programs: "offered" … "cancelled", or "paused" */
const char *
udpnat_transfer_get_state_code (UdpnatTransfer *self)
{
  switch (self->state)
    {
    case UDPNAT_TRANSFER_STATE_OFFERED:
      return "offered";
    case UDPNAT_TRANSFER_STATE_ACCEPTED:
      return "accepted";
    case UDPNAT_TRANSFER_STATE_RUNNING:
      return self->is_paused_here || self->is_paused_there ? "paused" : "running";
    case UDPNAT_TRANSFER_STATE_DONE:
      return "done";
    case UDPNAT_TRANSFER_STATE_FAILED:
      return "failed";
    case UDPNAT_TRANSFER_STATE_CANCELLED:
      return "cancelled";
    }
  g_return_val_if_reached ("");
}

/* ---- Changing ---- */

/** udpnat_transfer_set_state: @reason: (nullable): a code, for FAILED */
void
udpnat_transfer_set_state (UdpnatTransfer      *self,
                           UdpnatTransferState  state,
                           const char          *reason)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (self->state != state)
    {
      self->state = state;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
    }
  if (g_strcmp0 (self->reason, reason) != 0)
    {
      g_free (self->reason);
      self->reason = g_strdup (reason);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REASON]);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

/** udpnat_transfer_set_paused: both can have paused it, each for themselves */
void
udpnat_transfer_set_paused (UdpnatTransfer *self,
                            gboolean        here,
                            gboolean        there)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (self->is_paused_here != here)
    {
      self->is_paused_here = here;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PAUSED_HERE]);
    }
  if (self->is_paused_there != there)
    {
      self->is_paused_there = there;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PAUSED_THERE]);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

/** udpnat_transfer_set_progress: @rate_bytes_per_s: 0 when it is not known */
void
udpnat_transfer_set_progress (UdpnatTransfer *self,
                              gint64          done_bytes,
                              gint64          rate_bytes_per_s)
{
  gint64 done = CLAMP (done_bytes, 0, self->size_bytes);
  gint64 rate = MAX (rate_bytes_per_s, 0);

  g_object_freeze_notify (G_OBJECT (self));
  if (self->done_bytes != done)
    {
      self->done_bytes = done;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DONE]);
    }
  if (self->rate != rate)
    {
      self->rate = rate;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RATE]);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

/** udpnat_transfer_set_path: @path: (nullable): where the file is */
void
udpnat_transfer_set_path (UdpnatTransfer *self,
                          const char     *path)
{
  if (g_strcmp0 (self->path, path) == 0)
    return;
  g_free (self->path);
  self->path = g_strdup (path);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PATH]);
}

/** udpnat_transfer_set_picture_size: it is a picture of so many pixels */
void
udpnat_transfer_set_picture_size (UdpnatTransfer *self,
                                  int             width,
                                  int             height)
{
  self->width = MAX (width, 0);
  self->height = MAX (height, 0);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PICTURE_WIDTH]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PICTURE_HEIGHT]);
}

void
udpnat_transfer_set_line (UdpnatTransfer *self,
                          gint64          line)
{
  self->line = line;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LINE]);
}

/** udpnat_transfer_set_files: @n_files: in the folder; 1 for a file */
void
udpnat_transfer_set_files (UdpnatTransfer *self,
                           gboolean        is_folder,
                           guint           n_files)
{
  self->is_folder = is_folder;
  self->n_files = n_files;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FOLDER]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FILES]);
}

/** udpnat_transfer_set_thumbnail: @thumbnail: (nullable): PNG or JPEG */
void
udpnat_transfer_set_thumbnail (UdpnatTransfer *self,
                               GBytes         *thumbnail)
{
  if (self->thumbnail == thumbnail)
    return;
  g_clear_pointer (&self->thumbnail, g_bytes_unref);
  self->thumbnail = thumbnail != NULL ? g_bytes_ref (thumbnail) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_THUMBNAIL]);
}

/* ---- In words ---- */

static char *
describe_left (gint64 left_s)
{
  if (left_s < 60)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%d s left", "%d s left",
                                         (gulong) left_s), (int) left_s);
  if (left_s < 3600)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%d min left", "%d min left",
                                         (gulong) left_s / 60), (int) (left_s / 60));
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%d h left", "%d h left",
                                       (gulong) left_s / 3600), (int) (left_s / 3600));
}

static char *
describe_running (UdpnatTransfer *self,
                  const char     *title,
                  const char     *done,
                  const char     *size)
{
  g_autofree char *rate = g_format_size ((guint64) self->rate);
  g_autofree char *left = NULL;

  if (self->is_paused_here && self->is_paused_there)
    return g_strdup_printf (_("Paused by both of you, %s of %s"), done, size);
  if (self->is_paused_here)
    return g_strdup_printf (_("Paused by you, %s of %s"), done, size);
  if (self->is_paused_there)
    /* Translators: %s are a name and two sizes */
    return g_strdup_printf (_("Paused by %s, %s of %s"), title, done, size);
  if (self->rate == 0)
    return g_strdup_printf (_("%s of %s"), done, size);
  left = describe_left (udpnat_transfer_get_left_s (self));
  /* Translators: how far, of what size, how fast, how long: 3 MB of 8 MB, 1 MB/s, 5 s left */
  return g_strdup_printf (_("%s of %s, %s/s, %s"), done, size, rate, left);
}

static char *
describe_end (UdpnatTransfer *self,
              const char     *title,
              const char     *size)
{
  if (g_strcmp0 (self->reason, "declined") == 0)
    /* Translators: a size, and who does not want a file of it */
    return self->is_outgoing ? g_strdup_printf (_("%s, declined by %s"), size, title)
                             : g_strdup_printf (_("%s, declined"), size);
  if (g_strcmp0 (self->reason, "cancelled-there") == 0)
    /* Translators: a size, and who does not want a file of it any more */
    return g_strdup_printf (_("%s, cancelled by %s"), size, title);
  return g_strdup_printf (_("%s, cancelled"), size);
}

/**
 * udpnat_transfer_describe:
 * @title: what the other person is called
 *
 * Returns: how it stands, in a few words
 */
char *
udpnat_transfer_describe (UdpnatTransfer *self,
                          const char     *title)
{
  g_autofree char *size = g_format_size ((guint64) self->size_bytes);
  g_autofree char *done = g_format_size ((guint64) self->done_bytes);

  switch (self->state)
    {
    case UDPNAT_TRANSFER_STATE_OFFERED:
      return self->is_outgoing ? g_strdup_printf (_("%s, waiting for %s to accept"), size, title)
                               : g_strdup_printf (_("%s, offered by %s"), size, title);
    case UDPNAT_TRANSFER_STATE_ACCEPTED:
      return g_strdup_printf (_("%s, starting"), size);
    case UDPNAT_TRANSFER_STATE_RUNNING:
      return describe_running (self, title, done, size);
    case UDPNAT_TRANSFER_STATE_DONE:
      return g_steal_pointer (&size);
    case UDPNAT_TRANSFER_STATE_FAILED:
      return self->reason != NULL
               ? g_strdup_printf (_("Stopped at %s of %s: %s"), done, size,
                                  udpnat_words_explain_code (self->reason))
               : g_strdup_printf (_("Stopped at %s of %s"), done, size);
    case UDPNAT_TRANSFER_STATE_CANCELLED:
      return describe_end (self, title, size);
    }
  return g_strdup ("");
}
