package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"

	"github.com/mattn/go-isatty"

	"ephor/internal/env"
	"ephor/internal/server"
)

// dataFlags say where the data is.
type dataFlags struct {
	Data     string `help:"The data folder." default:"ephor-data" placeholder:"DIR"`
	Database string `help:"A PostgreSQL database to keep the data in, as postgres:// URL. Without it, the data folder has everything." placeholder:"URL"`
	KeyFile  string `help:"The master key, 32 bytes. By default master.key in the data folder; in production keep it elsewhere." placeholder:"FILE"`
}

func (f dataFlags) data() server.Data {
	return server.Data{Dir: f.Data, Database: f.Database, KeyFile: f.KeyFile}
}

// operator is whoever runs this command, at work on the data.
func (f dataFlags) operator(t *terminal) *server.Operator {
	return &server.Operator{Data: f.data(), Name: accountName(), Env: env.System(), Log: slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: slog.LevelWarn}))}
}

// accountName is the name on this machine of who runs the program, for the audit log.
func accountName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}

// outputFlag chooses the form of an answer.
type outputFlag struct {
	Output string `help:"The form of the answer: ${enum}." enum:"text,json" default:"text"`
}

// print writes an answer as JSON, or as text says it.
func (f outputFlag) print(out io.Writer, answer any, text func(io.Writer)) error {
	if f.Output == "text" {
		text(out)
		return nil
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(answer)
}

// logFlag chooses the form of the log, which goes to standard error.
type logFlag struct {
	LogFormat string `help:"The form of the log: text, json, or auto for text on a terminal and JSON elsewhere." enum:"auto,text,json" default:"auto"`
}

// logger is a log in the chosen form.
func (f logFlag) logger(w io.Writer) *slog.Logger {
	file, isFile := w.(*os.File)
	if f.LogFormat == "text" || f.LogFormat == "auto" && isFile && isatty.IsTerminal(file.Fd()) {
		return slog.New(slog.NewTextHandler(w, nil))
	}
	return slog.New(slog.NewJSONHandler(w, nil))
}
