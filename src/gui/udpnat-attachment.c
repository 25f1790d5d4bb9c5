/* What the user wants to give: name, size and a small picture of it, and how far it is when it is
 * being sent. The file is looked at in a worker, for it may be large or on a slow disk. */

#include "config.h"

#include "udpnat-attachment.h"

#include <glib/gi18n.h>

#include "udpnat-file-icon.h"
#include "udpnat-small-picture.h"

/* The size of a thumbnail, at twice the size that it is shown in, for fine screens. */
#define THUMBNAIL_PIXELS 96
/* A larger picture takes too long to be read for a thumbnail. */
#define PICTURE_MAX_BYTES (32 * 1024 * 1024)

#define ATTRIBUTES \
  G_FILE_ATTRIBUTE_STANDARD_TYPE "," \
  G_FILE_ATTRIBUTE_STANDARD_DISPLAY_NAME "," G_FILE_ATTRIBUTE_STANDARD_SIZE "," \
  G_FILE_ATTRIBUTE_STANDARD_CONTENT_TYPE

struct _UdpnatAttachment
{
  GObject       parent_instance;

  char         *name;
  char         *size;      /* nullable: not known yet */
  char         *detail;    /* nullable: size, or how far it is */
  char         *trouble;   /* nullable: why it was not sent */
  GIcon        *icon;
  GdkPaintable *thumbnail; /* nullable */
  UdpnatSmallPicture *small; /* nullable: it is no picture, or that is not known yet */

  char         *path;      /* nullable: it is in no file of this computer */
  GdkTexture   *texture;   /* nullable: it is a file */
  gboolean      is_under_way;
  gboolean      is_started;
};

enum
{
  PROP_0,
  PROP_NAME,
  PROP_DETAIL,
  PROP_ICON,
  PROP_THUMBNAIL,
  PROP_TROUBLE,
  PROP_UNDER_WAY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatAttachment, udpnat_attachment, G_TYPE_OBJECT)

typedef struct
{
  char         *name;
  char         *detail;
  GIcon        *icon;
  GdkPaintable *thumbnail; /* nullable */
  UdpnatSmallPicture *small; /* nullable */
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  g_free (look->name);
  g_free (look->detail);
  g_clear_object (&look->icon);
  g_clear_object (&look->thumbnail);
  udpnat_small_picture_free (look->small);
  g_free (look);
}

/* ---- In the worker ---- */

static GdkPaintable *
read_thumbnail (GFile        *file,
                GCancellable *cancellable)
{
  g_autoptr (GFileInputStream) stream = g_file_read (file, cancellable, NULL);
  g_autoptr (GdkPixbuf) pixbuf = NULL;

  if (stream != NULL)
    pixbuf = gdk_pixbuf_new_from_stream_at_scale (G_INPUT_STREAM (stream), THUMBNAIL_PIXELS,
                                                  THUMBNAIL_PIXELS, TRUE, cancellable, NULL);
  return pixbuf != NULL ? GDK_PAINTABLE (gdk_texture_new_for_pixbuf (pixbuf)) : NULL;
}

static void
look_in_thread (GTask        *task,
                gpointer      source,
                gpointer      data,
                GCancellable *cancellable)
{
  GFile *file = data;
  GError *error = NULL;
  g_autoptr (GFileInfo) info = NULL;
  const char *type;
  Look *look;

  info = g_file_query_info (file, ATTRIBUTES, G_FILE_QUERY_INFO_NONE, cancellable, &error);
  if (info == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  look = g_new0 (Look, 1);
  look->name = g_strdup (g_file_info_get_display_name (info));
  look->detail = g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY
                   ? g_strdup (_("Folder"))
                   : g_format_size ((guint64) g_file_info_get_size (info));
  type = g_file_info_get_content_type (info);
  look->icon = udpnat_file_icon_new (type);
  if (type != NULL && g_content_type_is_mime_type (type, "image/*") &&
      g_file_info_get_size (info) <= PICTURE_MAX_BYTES)
    {
      look->thumbnail = read_thumbnail (file, cancellable);
      look->small = udpnat_small_picture_new (file, cancellable);
    }
  g_task_return_pointer (task, look, look_free);
}

/* ---- Back again ---- */

static void
set_detail (UdpnatAttachment *self,
            char             *detail)
{
  g_free (self->detail);
  self->detail = detail;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DETAIL]);
}

static void
notify_all (UdpnatAttachment *self)
{
  for (guint i = PROP_NAME; i < N_PROPS; i++)
    g_object_notify_by_pspec (G_OBJECT (self), properties[i]);
}

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  UdpnatAttachment *self = UDPNAT_ATTACHMENT (source);
  g_autoptr (GError) error = NULL;
  Look *look = g_task_propagate_pointer (G_TASK (result), &error);

  if (look == NULL)
    self->size = g_strdup (_("Cannot be read"));
  else
    {
      g_free (self->name);
      self->name = g_steal_pointer (&look->name);
      self->size = g_steal_pointer (&look->detail);
      if (look->icon != NULL)
        g_set_object (&self->icon, look->icon);
      g_set_object (&self->thumbnail, look->thumbnail);
      udpnat_small_picture_free (self->small);
      self->small = g_steal_pointer (&look->small);
      look_free (look);
    }
  if (!self->is_under_way && self->trouble == NULL)
    set_detail (self, g_strdup (self->size));
  notify_all (self);
}

/** udpnat_attachment_new_for_file: a file that was chosen, dropped or pasted */
UdpnatAttachment *
udpnat_attachment_new_for_file (GFile *file)
{
  UdpnatAttachment *self = g_object_new (UDPNAT_TYPE_ATTACHMENT, NULL);
  g_autoptr (GTask) task = g_task_new (self, NULL, looked_cb, NULL);
  g_autofree char *name = g_file_get_basename (file);

  if (g_file_peek_path (file) != NULL)
    self->path = g_canonicalize_filename (g_file_peek_path (file), NULL);
  self->name = g_filename_display_name (name != NULL ? name : "");
  self->icon = udpnat_file_icon_new (NULL);
  g_task_set_task_data (task, g_object_ref (file), g_object_unref);
  g_task_run_in_thread (task, look_in_thread);
  return self;
}

/** udpnat_attachment_new_for_texture: a picture from the clipboard */
UdpnatAttachment *
udpnat_attachment_new_for_texture (GdkTexture *texture)
{
  UdpnatAttachment *self = g_object_new (UDPNAT_TYPE_ATTACHMENT, NULL);

  self->name = g_strdup (_("Picture"));
  /* Translators: width and height of a picture */
  self->size = g_strdup_printf (_("%d × %d"), gdk_texture_get_width (texture),
                                gdk_texture_get_height (texture));
  self->detail = g_strdup (self->size);
  self->texture = g_object_ref (texture);
  self->icon = g_themed_icon_new ("image-x-generic-symbolic");
  self->thumbnail = GDK_PAINTABLE (g_object_ref (texture));
  return self;
}

const char *
udpnat_attachment_get_name (UdpnatAttachment *self)
{
  return self->name;
}

/** udpnat_attachment_get_detail: Returns: (nullable): its size in words, when it is known */
const char *
udpnat_attachment_get_detail (UdpnatAttachment *self)
{
  return self->detail;
}

/* ---- On its way ---- */

/** udpnat_attachment_get_path: Returns: (nullable): canonical; %NULL: it is in no file of this
 * computer */
const char *
udpnat_attachment_get_path (UdpnatAttachment *self)
{
  return self->path;
}

/** udpnat_attachment_set_path: a picture from the clipboard is in a file now */
void
udpnat_attachment_set_path (UdpnatAttachment *self,
                            const char       *path)
{
  g_free (self->path);
  self->path = g_strdup (path);
}

/** udpnat_attachment_get_texture: Returns: (nullable): %NULL: it is a file */
GdkTexture *
udpnat_attachment_get_texture (UdpnatAttachment *self)
{
  return self->texture;
}

/** udpnat_attachment_get_small: Returns: (transfer none) (nullable): a small picture of it; %NULL
 * when it is none, or is still being looked at */
const UdpnatSmallPicture *
udpnat_attachment_get_small (UdpnatAttachment *self)
{
  return self->small;
}

/** udpnat_attachment_is_under_way: whether it is being read, or will be, to be offered then */
gboolean
udpnat_attachment_is_under_way (UdpnatAttachment *self)
{
  return self->is_under_way;
}

static void
set_under_way (UdpnatAttachment *self,
               gboolean          is_under_way,
               const char       *trouble)
{
  self->is_under_way = is_under_way;
  self->is_started = FALSE;
  g_free (self->trouble);
  self->trouble = g_strdup (trouble);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNDER_WAY]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TROUBLE]);
}

/** udpnat_attachment_begin: it is to be sent as soon as those before it are */
void
udpnat_attachment_begin (UdpnatAttachment *self)
{
  set_under_way (self, TRUE, NULL);
}

/** udpnat_attachment_is_started: whether it is being read */
gboolean
udpnat_attachment_is_started (UdpnatAttachment *self)
{
  return self->is_started;
}

/** udpnat_attachment_start: it is being read from now on. Returns: %FALSE: it was already */
gboolean
udpnat_attachment_start (UdpnatAttachment *self)
{
  if (self->is_started)
    return FALSE;
  self->is_started = TRUE;
  set_detail (self, g_strdup (_("Reading…")));
  return TRUE;
}

/** udpnat_attachment_set_progress: bytes that are read, and all */
void
udpnat_attachment_set_progress (UdpnatAttachment *self,
                                gint64            n_done,
                                gint64            n_all)
{
  int percent = n_all > 0 ? (int) (CLAMP ((double) n_done / (double) n_all, 0, 1) * 100) : 0;

  /* Translators: how much of a file is read before it is sent; %d %% is 45 % */
  set_detail (self, g_strdup_printf (_("Reading, %d %%"), percent));
}

/** udpnat_attachment_fail: @trouble: a sentence: why it was not sent; it can be tried again */
void
udpnat_attachment_fail (UdpnatAttachment *self,
                        const char       *trouble)
{
  set_under_way (self, FALSE, trouble);
  set_detail (self, g_strdup (_("Not sent")));
}

/* ---- Object ---- */

static void
udpnat_attachment_get_property (GObject    *object,
                                guint       prop_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  UdpnatAttachment *self = UDPNAT_ATTACHMENT (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_DETAIL:
      g_value_set_string (value, self->detail);
      break;
    case PROP_ICON:
      g_value_set_object (value, self->icon);
      break;
    case PROP_THUMBNAIL:
      g_value_set_object (value, self->thumbnail);
      break;
    case PROP_TROUBLE:
      g_value_set_string (value, self->trouble);
      break;
    case PROP_UNDER_WAY:
      g_value_set_boolean (value, self->is_under_way);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_attachment_finalize (GObject *object)
{
  UdpnatAttachment *self = UDPNAT_ATTACHMENT (object);

  g_clear_object (&self->thumbnail);
  udpnat_small_picture_free (self->small);
  g_clear_object (&self->texture);
  g_clear_object (&self->icon);
  g_free (self->path);
  g_free (self->trouble);
  g_free (self->detail);
  g_free (self->size);
  g_free (self->name);
  G_OBJECT_CLASS (udpnat_attachment_parent_class)->finalize (object);
}

static void
udpnat_attachment_class_init (UdpnatAttachmentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = udpnat_attachment_get_property;
  object_class->finalize = udpnat_attachment_finalize;

  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  properties[PROP_DETAIL] = g_param_spec_string ("detail", NULL, NULL, NULL, flags);
  properties[PROP_ICON] = g_param_spec_object ("icon", NULL, NULL, G_TYPE_ICON, flags);
  properties[PROP_THUMBNAIL] = g_param_spec_object ("thumbnail", NULL, NULL, GDK_TYPE_PAINTABLE,
                                                    flags);
  properties[PROP_TROUBLE] = g_param_spec_string ("trouble", NULL, NULL, NULL, flags);
  properties[PROP_UNDER_WAY] = g_param_spec_boolean ("under-way", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_attachment_init (UdpnatAttachment *self)
{
}
