package app

import "fmt"

// LimitsInfo are Limits as commands show them.
type LimitsInfo struct {
	Down          int64 `json:"down"` // bytes a second of photos fetched; 0 = no limit
	Up            int64 `json:"up"`   // and sent to other devices
	Paused        bool  `json:"paused"`
	ServingPaused bool  `json:"servingPaused"`
}

func limitsInfo(m Limits) LimitsInfo {
	return LimitsInfo{Down: m.Down, Up: m.Up, Paused: m.Paused, ServingPaused: m.ServingPaused}
}

func (i LimitsInfo) limits() Limits {
	return Limits{Down: i.Down, Up: i.Up, Paused: i.Paused, ServingPaused: i.ServingPaused}
}

// Limits returns what photos may move between this device and others.
func (a *App) Limits() Limits { return a.files.Limits() }

// SetLimits changes what photos may move between this device and others, at
// once and for later starts. With ErrBadSetting nothing has changed.
func (a *App) SetLimits(m Limits) error {
	if err := m.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrBadSetting, err)
	}
	err := a.config.update(func(c *config) error {
		c.DownLimit, c.UpLimit, c.Paused, c.ServingPaused = m.Down, m.Up, m.Paused, m.ServingPaused
		return nil
	})
	if err != nil {
		return err
	}
	return a.files.SetLimits(m)
}
