# Makes a PostgreSQL cluster in a folder, and ends it when standard input does.
#   $1  folder of initdb and pg_ctl    $2  folder of the cluster, removed at the end
#   $3  name of the superuser
# Prints "ready" once the server answers, or what went wrong. fsync and synchronous_commit
# stay on, as Ephor demands of a server; only initdb's own files are not synced.
bin=$1 dir=$2 data=$2/data log=$2/log

begin() {
	"$bin/initdb" --no-sync --pgdata="$data" --username="$3" --auth=trust \
		--encoding=UTF8 --locale=C --no-instructions >"$log" 2>&1 || return 1
	cat >>"$data/postgresql.conf" <<-end
		listen_addresses = ''
		unix_socket_directories = '$2'
		unix_socket_permissions = 0700
		max_connections = 200
		shared_buffers = 64MB
		max_wal_size = 256MB
		min_wal_size = 32MB
		wal_level = minimal
		max_wal_senders = 0
		fsync = on
		synchronous_commit = on
		timezone = 'UTC'
	end
	"$bin/pg_ctl" start --wait --silent --pgdata="$data" --log="$log" >>"$log" 2>&1
}

if begin "$@"; then echo ready; else cat "$log"; exec >&-; fi
read -r _
"$bin/pg_ctl" stop --silent --mode=immediate --pgdata="$data" >>"$log" 2>&1
cd / && rm -rf "$dir"
