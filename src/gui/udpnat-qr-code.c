/* Draws a QR code: always dark on white, as many readers know it no other way round, and with whole
 * pixels to a module, so that it stays sharp. */

#include "config.h"

#include "udpnat-qr-code.h"

#include "udpnat-qr.h"

/* ISO/IEC 18004 section 6.3.8: light modules on all sides. */
#define QUIET_MODULES 4
#define MODULE_PIXELS_MIN 3
#define MODULE_PIXELS_NATURAL 4

struct _UdpnatQrCode
{
  GtkWidget  parent_instance;

  char      *text; /* nullable */
  UdpnatQr  *qr;   /* nullable */
};

enum
{
  PROP_0,
  PROP_TEXT,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatQrCode, udpnat_qr_code, GTK_TYPE_WIDGET)

static int
count_modules (UdpnatQrCode *self)
{
  return self->qr != NULL ? (int) udpnat_qr_get_size (self->qr) + 2 * QUIET_MODULES : 0;
}

static void
udpnat_qr_code_measure (GtkWidget     *widget,
                        GtkOrientation orientation,
                        int            for_size,
                        int           *minimum,
                        int           *natural,
                        int           *minimum_baseline,
                        int           *natural_baseline)
{
  int n_modules = count_modules (UDPNAT_QR_CODE (widget));

  *minimum = n_modules * MODULE_PIXELS_MIN;
  *natural = n_modules * MODULE_PIXELS_NATURAL;
}

/* Dark modules beside each other are one rectangle. */
static void
append_row (UdpnatQrCode *self,
            GtkSnapshot  *snapshot,
            int           y,
            float         module)
{
  int size = (int) udpnat_qr_get_size (self->qr);
  GdkRGBA black = { 0, 0, 0, 1 };

  for (int x = 0; x < size; x++)
    {
      int begin = x;

      while (x < size && udpnat_qr_is_dark (self->qr, x, y))
        x++;
      if (x > begin)
        gtk_snapshot_append_color (snapshot, &black,
                                   &GRAPHENE_RECT_INIT ((begin + QUIET_MODULES) * module,
                                                        (y + QUIET_MODULES) * module,
                                                        (x - begin) * module, module));
    }
}

static void
udpnat_qr_code_snapshot (GtkWidget   *widget,
                         GtkSnapshot *snapshot)
{
  UdpnatQrCode *self = UDPNAT_QR_CODE (widget);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  int n_modules = count_modules (self);
  GdkRGBA white = { 1, 1, 1, 1 };
  int module;
  int side;

  if (n_modules == 0)
    return;
  module = MAX (MIN (width, height) / n_modules, 1);
  side = module * n_modules;
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot,
                          &GRAPHENE_POINT_INIT ((width - side) / 2, (height - side) / 2));
  gtk_snapshot_append_color (snapshot, &white, &GRAPHENE_RECT_INIT (0, 0, side, side));
  for (int y = 0; y < (int) udpnat_qr_get_size (self->qr); y++)
    append_row (self, snapshot, y, module);
  gtk_snapshot_restore (snapshot);
}

/** udpnat_qr_code_set_text: @text: (nullable) */
void
udpnat_qr_code_set_text (UdpnatQrCode *self,
                         const char   *text)
{
  if (g_strcmp0 (self->text, text) == 0)
    return;
  g_free (self->text);
  self->text = g_strdup (text);
  g_clear_pointer (&self->qr, udpnat_qr_free);
  if (text != NULL)
    self->qr = udpnat_qr_new (text);
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
}

static void
udpnat_qr_code_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_TEXT:
      g_value_set_string (value, UDPNAT_QR_CODE (object)->text);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_qr_code_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_TEXT:
      udpnat_qr_code_set_text (UDPNAT_QR_CODE (object), g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_qr_code_finalize (GObject *object)
{
  UdpnatQrCode *self = UDPNAT_QR_CODE (object);

  g_free (self->text);
  udpnat_qr_free (self->qr);
  G_OBJECT_CLASS (udpnat_qr_code_parent_class)->finalize (object);
}

static void
udpnat_qr_code_class_init (UdpnatQrCodeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = udpnat_qr_code_get_property;
  object_class->set_property = udpnat_qr_code_set_property;
  object_class->finalize = udpnat_qr_code_finalize;
  widget_class->measure = udpnat_qr_code_measure;
  widget_class->snapshot = udpnat_qr_code_snapshot;

  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, NULL,
                                               G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                 G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
udpnat_qr_code_init (UdpnatQrCode *self)
{
}

GtkWidget *
udpnat_qr_code_new (void)
{
  return g_object_new (UDPNAT_TYPE_QR_CODE, NULL);
}
