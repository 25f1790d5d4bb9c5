/* A person's picture and presence. A picture comes from the network: it is decoded in another
 * thread, and kept with the person for the other rows that show them. */

#include "config.h"

#include "udpnat-person-avatar.h"

#include "udpnat-people-model.h"
#include "udpnat-picture.h"
#include "udpnat-presence.h"

/* Pixels of a decoded picture: enough for the largest avatar on a screen of twice the density. */
#define PICTURE_PIXELS 128

struct _UdpnatPersonAvatar
{
  AdwBin         parent_instance;

  AdwAvatar     *avatar;
  GtkWidget     *dot;
  UdpnatPerson  *person; /* nullable */
  GSignalGroup  *signals;
  GBindingGroup *bindings;
  GCancellable  *cancellable; /* nullable: of the picture being decoded */
};

enum
{
  PROP_0,
  PROP_PERSON,
  PROP_SIZE,
  PROP_ICON_NAME,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatPersonAvatar, udpnat_person_avatar, ADW_TYPE_BIN)

/* ---- Picture ---- */

/* What has become of a person's picture; kept with the person. */
typedef struct
{
  GBytes     *data;
  GdkTexture *texture; /* nullable: bad data */
} Decoded;

#define DECODED_KEY "udpnat-person-avatar-decoded"

static void
decoded_free (gpointer data)
{
  Decoded *decoded = data;

  g_bytes_unref (decoded->data);
  g_clear_object (&decoded->texture);
  g_free (decoded);
}

typedef struct
{
  UdpnatPersonAvatar *self;   /* owned */
  UdpnatPerson       *person; /* owned */
  GBytes             *data;   /* owned */
} Decoding;

static void
decoded_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autofree Decoding *decoding = user_data;
  g_autoptr (UdpnatPersonAvatar) self = decoding->self;
  g_autoptr (UdpnatPerson) person = decoding->person;
  g_autoptr (GBytes) data = decoding->data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkTexture) texture = udpnat_picture_decode_finish (result, &error);
  Decoded *decoded;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  decoded = g_new0 (Decoded, 1);
  decoded->data = g_steal_pointer (&data);
  g_set_object (&decoded->texture, texture);
  g_object_set_data_full (G_OBJECT (person), DECODED_KEY, decoded, decoded_free);
  if (self->person == person)
    adw_avatar_set_custom_image (self->avatar, GDK_PAINTABLE (texture));
}

static void
decode (UdpnatPersonAvatar *self,
        GBytes             *data)
{
  Decoding *decoding = g_new0 (Decoding, 1);

  decoding->self = g_object_ref (self);
  decoding->person = g_object_ref (self->person);
  decoding->data = g_bytes_ref (data);
  self->cancellable = g_cancellable_new ();
  udpnat_picture_decode_async (data, PICTURE_PIXELS, self->cancellable, decoded_cb, decoding);
}

static void
update_picture (UdpnatPersonAvatar *self)
{
  GBytes *data = self->person != NULL ? udpnat_person_get_avatar (self->person) : NULL;
  const Decoded *decoded = NULL;

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (data != NULL)
    decoded = g_object_get_data (G_OBJECT (self->person), DECODED_KEY);
  if (decoded != NULL && g_bytes_equal (decoded->data, data))
    {
      adw_avatar_set_custom_image (self->avatar, GDK_PAINTABLE (decoded->texture));
      return;
    }
  adw_avatar_set_custom_image (self->avatar, NULL);
  if (data != NULL)
    decode (self, data);
}

/* ---- Presence ---- */

static void
update_dot (UdpnatPersonAvatar *self)
{
  gboolean is_shown = self->person != NULL && adw_avatar_get_show_initials (self->avatar) &&
                      udpnat_people_is_here (self->person);

  gtk_widget_set_visible (self->dot, is_shown);
  if (is_shown && udpnat_person_get_presence (self->person) == UDPNAT_PRESENCE_AWAY)
    gtk_widget_add_css_class (self->dot, "away");
  else
    gtk_widget_remove_css_class (self->dot, "away");
}

/* ---- Object ---- */

/** udpnat_person_avatar_set_person: @person: (nullable) */
void
udpnat_person_avatar_set_person (UdpnatPersonAvatar *self,
                                 UdpnatPerson       *person)
{
  if (!g_set_object (&self->person, person))
    return;
  g_binding_group_set_source (self->bindings, person);
  g_signal_group_set_target (self->signals, person);
  update_picture (self);
  update_dot (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PERSON]);
}

static void
set_icon_name (UdpnatPersonAvatar *self,
               const char         *icon_name)
{
  adw_avatar_set_icon_name (self->avatar, icon_name);
  adw_avatar_set_show_initials (self->avatar, icon_name == NULL);
  update_dot (self);
}

static void
udpnat_person_avatar_get_property (GObject    *object,
                                   guint       prop_id,
                                   GValue     *value,
                                   GParamSpec *pspec)
{
  UdpnatPersonAvatar *self = UDPNAT_PERSON_AVATAR (object);

  switch (prop_id)
    {
    case PROP_PERSON:
      g_value_set_object (value, self->person);
      break;
    case PROP_SIZE:
      g_value_set_int (value, adw_avatar_get_size (self->avatar));
      break;
    case PROP_ICON_NAME:
      g_value_set_string (value, adw_avatar_get_icon_name (self->avatar));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_person_avatar_set_property (GObject      *object,
                                   guint         prop_id,
                                   const GValue *value,
                                   GParamSpec   *pspec)
{
  UdpnatPersonAvatar *self = UDPNAT_PERSON_AVATAR (object);

  switch (prop_id)
    {
    case PROP_PERSON:
      udpnat_person_avatar_set_person (self, g_value_get_object (value));
      break;
    case PROP_SIZE:
      adw_avatar_set_size (self->avatar, g_value_get_int (value));
      break;
    case PROP_ICON_NAME:
      set_icon_name (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_person_avatar_dispose (GObject *object)
{
  UdpnatPersonAvatar *self = UDPNAT_PERSON_AVATAR (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->bindings);
  g_clear_object (&self->signals);
  g_clear_object (&self->person);
  G_OBJECT_CLASS (udpnat_person_avatar_parent_class)->dispose (object);
}

static void
udpnat_person_avatar_class_init (UdpnatPersonAvatarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = udpnat_person_avatar_get_property;
  object_class->set_property = udpnat_person_avatar_set_property;
  object_class->dispose = udpnat_person_avatar_dispose;

  properties[PROP_PERSON] = g_param_spec_object ("person", NULL, NULL, UDPNAT_TYPE_PERSON, flags);
  properties[PROP_SIZE] = g_param_spec_int ("size", NULL, NULL, 1, G_MAXINT16, 40, flags);
  properties[PROP_ICON_NAME] = g_param_spec_string ("icon-name", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
create_children (UdpnatPersonAvatar *self)
{
  GtkWidget *overlay = gtk_overlay_new ();

  self->avatar = ADW_AVATAR (adw_avatar_new (40, NULL, TRUE));
  self->dot = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_add_css_class (self->dot, "presence");
  gtk_widget_set_halign (self->dot, GTK_ALIGN_END);
  gtk_widget_set_valign (self->dot, GTK_ALIGN_END);
  gtk_widget_set_visible (self->dot, FALSE);
  gtk_overlay_set_child (GTK_OVERLAY (overlay), GTK_WIDGET (self->avatar));
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), self->dot);
  adw_bin_set_child (ADW_BIN (self), overlay);
}

static void
udpnat_person_avatar_init (UdpnatPersonAvatar *self)
{
  create_children (self);
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
  self->bindings = g_binding_group_new ();
  g_binding_group_bind (self->bindings, "title", self->avatar, "text", G_BINDING_SYNC_CREATE);
  self->signals = g_signal_group_new (UDPNAT_TYPE_PERSON);
  g_signal_group_connect_swapped (self->signals, "notify::presence", G_CALLBACK (update_dot), self);
  g_signal_group_connect_swapped (self->signals, "notify::on-lan", G_CALLBACK (update_dot), self);
  g_signal_group_connect_swapped (self->signals, "notify::avatar", G_CALLBACK (update_picture),
                                  self);
}

GtkWidget *
udpnat_person_avatar_new (int size)
{
  return g_object_new (UDPNAT_TYPE_PERSON_AVATAR, "size", size, NULL);
}
