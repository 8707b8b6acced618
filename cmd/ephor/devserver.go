package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// devServer is what dev.json tells of a development server.
type devServer struct {
	BaseURL    string `json:"baseUrl"`
	CAFile     string `json:"caFile"`
	ControlKey string `json:"controlKey"`
}

// devFlags say where a development server has its dev.json.
type devFlags struct {
	Data    string `help:"The server's data folder, which has its dev.json. By default data or ephor-data, whichever is there." placeholder:"DIR"`
	DevJSON string `name:"dev-json" help:"The dev.json itself, wherever it is." placeholder:"FILE"`
}

// named reports whether the flags name a place.
func (f devFlags) named() bool { return f.DevJSON != "" || f.Data != "" }

// server is what dev.json tells. Where there is none, the error is fs.ErrNotExist.
func (f devFlags) server() (devServer, error) {
	var s devServer
	text, err := f.read()
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%w: start `ephor serve --dev`, and name its data folder with --data", err)
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("read dev.json: %w", err)
	}
	return s, nil
}

// read is dev.json's text, from where the flags say or where servers are started.
func (f devFlags) read() (text []byte, err error) {
	const name = "dev.json"
	switch {
	case f.DevJSON != "":
		return os.ReadFile(f.DevJSON)
	case f.Data != "":
		return os.ReadFile(filepath.Join(f.Data, name))
	}
	if text, err = os.ReadFile(filepath.Join("data", name)); !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	return os.ReadFile(filepath.Join("ephor-data", name))
}
