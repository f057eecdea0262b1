// Package look is how Paul looks: its theme, symbols, and the small pieces that
// screens are put together from.
package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// Colours that the theme has beside Fyne's own.
const (
	ColorSidebar   fyne.ThemeColorName = "sidebar"   // ground of the sidebar and the status line
	ColorSurface   fyne.ThemeColorName = "surface"   // ground of cards
	ColorSoft      fyne.ThemeColorName = "soft"      // the accent, thinned: what is chosen
	ColorSecondary fyne.ThemeColorName = "secondary" // text of less weight
	ColorSkeleton  fyne.ThemeColorName = "skeleton"  // a photo that has not come yet
	ColorScrim     fyne.ThemeColorName = "scrim"     // dims what lies under a dialog
	ColorToast     fyne.ThemeColorName = "toast"     // ground of a toast
	ColorOnToast   fyne.ThemeColorName = "onToast"   // text of a toast
	ColorToastLink fyne.ThemeColorName = "toastLink" // the button of a toast
	ColorSafe      fyne.ThemeColorName = "safe"      // all is well, as text
	ColorRisk      fyne.ThemeColorName = "risk"      // a photo could be lost, as text
	ColorOnRisk    fyne.ThemeColorName = "onRisk"    // a symbol of risk on a picture, in both variants
	ColorTrack     fyne.ThemeColorName = "track"     // what a slider runs on
	ColorHeart     fyne.ThemeColorName = "heart"     // a favourite, on the stage
	ColorPaper     fyne.ThemeColorName = "paper"     // ground of a QR code, always white
	ColorSafeSoft  fyne.ThemeColorName = "safeSoft"  // ground under ColorSafe
	ColorRiskSoft  fyne.ThemeColorName = "riskSoft"  // ground under ColorRisk
	ColorStage     fyne.ThemeColorName = "stage"     // ground of the viewer, always dark
	ColorOnStage   fyne.ThemeColorName = "onStage"   // text and symbols on the stage
	ColorOnStage2  fyne.ThemeColorName = "onStage2"  // text of less weight on the stage
	ColorStageBar  fyne.ThemeColorName = "stageBar"  // bars that lie on the stage
	ColorSea       fyne.ThemeColorName = "sea"       // of the map
	ColorLand      fyne.ThemeColorName = "land"      // of the map
	ColorBorder    fyne.ThemeColorName = "border"    // of the map's lands, and around what lies on it
	ColorBadge     fyne.ThemeColorName = "badge"     // ground of a badge on a picture, lets it through
)

// Measures that screens share, in Fyne's device-independent units.
const (
	Radius      = 8   // corners of buttons and fields
	CardRadius  = 12  // corners of cards and dialogs
	ThumbRadius = 5   // corners of thumbnails
	Gap         = 4   // between photos
	Sidebar     = 230 // width of the sidebar
	Rail        = 60  // width of the sidebar in a narrow window
	Control     = 36  // height of buttons and fields, at most
)

// Sizes that the theme has beside Fyne's own.
const (
	SizeControl fyne.ThemeSizeName = "control" // height of buttons and rows
	SizeGaps    fyne.ThemeSizeName = "gaps"    // by how much gaps are multiplied
)

// compact are the sizes of a screen that holds more.
var compact = map[fyne.ThemeSizeName]float32{
	SizeControl: 30, SizeGaps: 0.6, theme.SizeNameInnerPadding: 5, theme.SizeNamePadding: 3,
}

// Theme is Paul's theme. Name "light" or "dark" fixes the variant; any other
// follows the system. Accent is one of the names of [accents]; Compact makes
// rows and gaps smaller.
type Theme struct {
	Name    string
	Accent  string
	Compact bool
}

var _ fyne.Theme = Theme{}

func rgb(h uint32) color.NRGBA {
	return color.NRGBA{R: uint8(h >> 16), G: uint8(h >> 8), B: uint8(h), A: 255}
}

func rgba(h uint32, a uint8) color.NRGBA {
	c := rgb(h)
	c.A = a
	return c
}

// pair is a colour in the light and in the dark variant.
type pair struct{ light, dark color.NRGBA }

var palette = map[fyne.ThemeColorName]pair{
	theme.ColorNameBackground:          {rgb(0xFFFFFF), rgb(0x131316)},
	theme.ColorNameForeground:          {rgb(0x1B1B1F), rgb(0xEDEDF2)},
	theme.ColorNamePlaceHolder:         {rgb(0x6A6A74), rgb(0x9C9CA8)},
	theme.ColorNameDisabled:            {rgb(0xA9A9B2), rgb(0x5C5C68)},
	theme.ColorNameForegroundOnPrimary: {rgb(0xFFFFFF), rgb(0x14142B)},
	theme.ColorNameButton:              {rgb(0xEEEEF2), rgb(0x2A2A31)},
	theme.ColorNameDisabledButton:      {rgb(0xF3F3F6), rgb(0x212127)},
	theme.ColorNameHover:               {rgba(0x000000, 0x0C), rgba(0xFFFFFF, 0x14)},
	theme.ColorNamePressed:             {rgba(0x000000, 0x18), rgba(0xFFFFFF, 0x22)},
	theme.ColorNameInputBackground:     {rgb(0xEDEDF1), rgb(0x2A2A31)},
	theme.ColorNameInputBorder:         {rgb(0x85858F), rgb(0x74747F)},
	theme.ColorNameSeparator:           {rgb(0xE6E6EB), rgb(0x2A2A31)},
	theme.ColorNameOverlayBackground:   {rgb(0xFFFFFF), rgb(0x1F1F25)},
	theme.ColorNameMenuBackground:      {rgb(0xFFFFFF), rgb(0x1F1F25)},
	theme.ColorNameHeaderBackground:    {rgb(0xF6F6F8), rgb(0x1A1A1F)},
	theme.ColorNameScrollBar:           {rgba(0x000000, 0x76), rgba(0xFFFFFF, 0x58)},
	theme.ColorNameScrollBarBackground: {rgba(0x000000, 0x00), rgba(0xFFFFFF, 0x00)},
	theme.ColorNameShadow:              {rgba(0x101020, 0x22), rgba(0x000000, 0x70)},
	theme.ColorNameError:               {rgb(0xC9302C), rgb(0xFF8A80)},
	theme.ColorNameForegroundOnError:   {rgb(0xFFFFFF), rgb(0x2B0F0D)},
	theme.ColorNameSuccess:             {rgb(0x1E7F4F), rgb(0x6FD8A0)},
	theme.ColorNameForegroundOnSuccess: {rgb(0xFFFFFF), rgb(0x0C2518)},
	theme.ColorNameWarning:             {rgb(0x9A5B00), rgb(0xF2B85C)},
	theme.ColorNameForegroundOnWarning: {rgb(0xFFFFFF), rgb(0x2A1A00)},

	ColorSidebar:   {rgb(0xF6F6F8), rgb(0x1A1A1F)},
	ColorSurface:   {rgb(0xF7F7F9), rgb(0x1D1D22)},
	ColorSecondary: {rgb(0x62626C), rgb(0xA2A2AE)},
	ColorTrack:     {rgb(0xD0D0D9), rgb(0x45454F)},
	ColorSkeleton:  {rgb(0xECECF0), rgb(0x24242A)},
	ColorScrim:     {rgba(0x14141C, 0x66), rgba(0x000000, 0x99)},
	ColorToast:     {rgb(0x2B2B33), rgb(0x3A3A44)},
	ColorOnToast:   {rgb(0xFFFFFF), rgb(0xFFFFFF)},
	ColorPaper:     {rgb(0xFFFFFF), rgb(0xFFFFFF)},
	ColorSafe:      {rgb(0x1B7347), rgb(0x6FD8A0)},
	ColorRisk:      {rgb(0x8F5400), rgb(0xF2B85C)},
	ColorOnRisk:    {rgb(0xFFC566), rgb(0xFFC566)},
	ColorHeart:     {rgb(0xFF6B81), rgb(0xFF6B81)},
	ColorSafeSoft:  {rgb(0xE3F4EA), rgb(0x17301F)},
	ColorRiskSoft:  {rgb(0xFDF0DA), rgb(0x35290F)},
	ColorStage:     {rgb(0x0C0C0F), rgb(0x0C0C0F)},
	ColorOnStage:   {rgb(0xF4F4F7), rgb(0xF4F4F7)},
	ColorOnStage2:  {rgb(0xB4B4BE), rgb(0xB4B4BE)},
	ColorStageBar:  {rgba(0x26262C, 0xE0), rgba(0x26262C, 0xE0)},
	ColorSea:       {rgb(0xDCE6F0), rgb(0x16191F)},
	ColorLand:      {rgb(0xF6F5F1), rgb(0x2B2D33)},
	ColorBorder:    {rgb(0xC6C4BD), rgb(0x45474F)},
	ColorBadge:     {rgba(0x000000, 0xA8), rgba(0x000000, 0xA8)},
}

// Color implements [fyne.Theme].
func (t Theme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	switch t.Name {
	case "light":
		variant = theme.VariantLight
	case "dark":
		variant = theme.VariantDark
	}
	if c, ok := accented(name, t.Accent, variant == theme.VariantDark); ok {
		return c
	}
	p, ok := palette[name]
	switch {
	case !ok:
		return theme.DefaultTheme().Color(name, variant)
	case variant == theme.VariantDark:
		return p.dark
	default:
		return p.light
	}
}

// Font implements [fyne.Theme].
func (Theme) Font(style fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(style) }

// Icon implements [fyne.Theme].
func (Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

// Size implements [fyne.Theme].
func (t Theme) Size(name fyne.ThemeSizeName) float32 {
	if t.Compact {
		if s, ok := compact[name]; ok {
			return s
		}
	}
	switch name {
	case SizeControl:
		return Control
	case SizeGaps:
		return 1
	case theme.SizeNameText:
		return 14
	case theme.SizeNameCaptionText:
		return 12
	case theme.SizeNameSubHeadingText:
		return 17
	case theme.SizeNameHeadingText:
		return 22
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius:
		return Radius
	case theme.SizeNameInnerPadding:
		return 8
	case theme.SizeNameInlineIcon:
		return 18
	case theme.SizeNameSeparatorThickness:
		return 1
	case theme.SizeNameScrollBar:
		return 10
	case theme.SizeNameScrollBarSmall:
		return 4
	default:
		return theme.DefaultTheme().Size(name)
	}
}

// OnTrack returns a slider whose track shows on the window's ground; the toolkit
// would give it the colour of a field.
func OnTrack(slider fyne.CanvasObject) fyne.CanvasObject {
	return container.NewThemeOverride(slider, track{})
}

type track struct{}

func (track) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if name == theme.ColorNameInputBackground {
		name = ColorTrack
	}
	return appTheme().Color(name, v)
}

func (track) Font(style fyne.TextStyle) fyne.Resource    { return appTheme().Font(style) }
func (track) Icon(name fyne.ThemeIconName) fyne.Resource { return appTheme().Icon(name) }
func (track) Size(name fyne.ThemeSizeName) float32       { return appTheme().Size(name) }

// appTheme is the program's theme, whatever overrides it where something is drawn.
func appTheme() fyne.Theme { return fyne.CurrentApp().Settings().Theme() }

// Color returns a colour of the running theme.
func Color(name fyne.ThemeColorName) color.Color { return theme.Color(name) }
