using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Tests.Encryption;
using Npgsql;

namespace CartRecovery.Tests.Support;

/// <summary>
/// A PostgreSQL of this test run alone: its own data folder, a free port of the loopback. Started at the first use; <see cref="StopAsync"/> stops it and
/// deletes its folder. Without PostgreSQL a test is inconclusive, or fails under continuous integration (the variable CI).
/// </summary>
sealed class PostgresCluster
{
    const string Template = "control";
    const string Missing = "PostgreSQL is not installed: apt-get install postgresql.";

    static readonly Lazy<Task<PostgresCluster>> s_shared = new(StartAsync);

    readonly string _folder;
    readonly string _bin;
    readonly int _port;
    readonly string _password;
    readonly NpgsqlDataSource _server;
    readonly Lazy<Task> _template;
    int _databases;

    PostgresCluster(string folder, string bin, int port, string password)
    {
        (_folder, _bin, _port, _password) = (folder, bin, port, password);
        _server = new NpgsqlSlimDataSourceBuilder(Parse(AddressOf("postgres")).Settings().ConnectionString).Build();
        _template = new(MakeTemplateAsync);
    }

    /// <summary>Creates an empty database and returns its address.</summary>
    public static async Task<string> CreateDatabaseAsync() => await (await s_shared.Value).CreateAsync("template1");

    /// <summary>Creates a database with the control plane's tables, which takes less time than their migration, and returns its address.</summary>
    public static async Task<string> CreateControlDatabaseAsync()
    {
        var cluster = await s_shared.Value;
        await cluster._template.Value;
        return await cluster.CreateAsync(Template);
    }

    /// <summary>Ends all connections to a database, as a restart of the server does.</summary>
    public static async Task DisconnectAsync(string address) => await (await s_shared.Value).QueryAsync(
        $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{new Uri(address).AbsolutePath.Trim('/')}'");

    /// <summary>Stops the server if it was started.</summary>
    public static async Task StopAsync()
    {
        if (s_shared.IsValueCreated && s_shared.Value.IsCompletedSuccessfully)
        {
            var cluster = await s_shared.Value;
            await cluster._server.DisposeAsync();
            await RunAsync(Path.Combine(cluster._bin, "pg_ctl"), ["stop", "--pgdata", Path.Combine(cluster._folder, "data"), "--mode", "immediate", "--silent"]);
            await RunAsync("rm", ["-rf", cluster._folder]);
        }
    }

    static async Task<PostgresCluster> StartAsync()
    {
        var bin = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).FirstOrDefault(path => File.Exists(Path.Combine(path, "initdb"))) : null;
        if (bin is null)
        {
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            {
                Assert.Fail(Missing);
            }

            Assume.That(bin, Is.Not.Null, Missing);
        }

        // The server's user must own the folder.
        var folder = (await RunAsync("mktemp", ["-d", "/tmp/cartrecovery-postgres-XXXXXX"])).Trim();
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)) + "/@:";
        var (data, passwords) = (Path.Combine(folder, "data"), Path.Combine(folder, "password"));
        await RunAsync("tee", [passwords], password);
        await RunAsync(Path.Combine(bin!, "initdb"), ["--pgdata", data, "--auth", "scram-sha-256", "--username", "postgres", "--pwfile", passwords, "--encoding", "UTF8", "--locale", "C", "--no-sync"]);
        var port = FreePort();
        await RunAsync(Path.Combine(bin!, "pg_ctl"),
        [
            "start", "--pgdata", data, "--wait", "--silent", "--log", Path.Combine(folder, "log"), "--options",
            string.Create(CultureInfo.InvariantCulture, $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c max_connections=200"),
        ]);
        return new PostgresCluster(folder, bin!, port, password);
    }

    string AddressOf(string database) => string.Create(CultureInfo.InvariantCulture, $"postgres://postgres:{Uri.EscapeDataString(_password)}@127.0.0.1:{_port}/{database}?sslmode=disable");

    async Task<string> CreateAsync(string template)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await QueryAsync($"CREATE DATABASE {name} TEMPLATE {template}");
        return AddressOf(name);
    }

    async Task MakeTemplateAsync()
    {
        await QueryAsync($"CREATE DATABASE {Template}");
        await using var database = ControlDatabase.InPostgres(Parse(AddressOf(Template)), TestKeys.Master, TimeProvider.System);

        // Migrates without creating keys.
        await database.RewrapAsync(TestKeys.Master);
    }

    async Task QueryAsync(string sql)
    {
        await using var command = _server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    static PostgresAddress Parse(string address)
    {
        Assert.That(PostgresAddress.TryParse(address, out var parsed, out var problem), problem);
        return parsed!;
    }

    // A server does not run as root.
    static async Task<string> RunAsync(string program, string[] arguments, string input = "")
    {
        var isRoot = Environment.UserName == "root";
        var start = new ProcessStartInfo(isRoot ? "runuser" : program, isRoot ? ["-u", "postgres", "--", program, .. arguments] : arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/tmp",
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();

        // Not to the end of the output: the server keeps it open.
        var isServer = arguments is ["start", ..];
        var output = isServer ? Task.FromResult("") : process.StandardOutput.ReadToEndAsync();
        var errors = isServer ? Task.FromResult("") : process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(EngineBinary.Deadline);
        Assert.That(process.ExitCode, Is.Zero, $"{program} {arguments[0]}: {await errors}");
        return await output;
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
