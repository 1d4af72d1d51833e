using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Engine.ControlPlane.Users;

namespace CartRecovery.Bench.Stages;

/// <summary>What the check of an access token costs a request: Ed25519, JSON, and lookups in memory. Nothing of it is on the way of an event.</summary>
[MemoryDiagnoser]
public class TokenBenchmarks
{
    string _folder = "", _token = "", _forged = "";
    ControlDatabase _database = null!;
    AccessDirectory _directory = null!;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _folder = Directory.CreateTempSubdirectory("cartrecovery-bench-").FullName;
        _database = ControlDatabase.InFile(Path.Combine(_folder, "control.db"), "a master key of the benchmark, 32"u8.ToArray(), TimeProvider.System);
        _directory = new AccessDirectory(_database);
        _directory.Follow();
        await _database.OpenAsync();
        await new SigningKeys(_database).RotateAsync();
        var (user, link) = await new UserStore(_database).InviteAsync("bench@shop.example", [new Grant("viewer", null)], "cli");
        await new UserStore(_database).AcceptAsync(link, "no password", address: null);
        _token = await _directory.IssueAsync(await _database.WriteAsync(session => new Sessions(_database).BeginAsync(session, user.Id)));
        _forged = $"{_token[..60]}{(_token[60] == 'A' ? 'B' : 'A')}{_token[61..]}";
        if (Valid()?.User.Id != user.Id || Forged() is not null)
        {
            throw new InvalidOperationException("a wrong token is accepted, or the right one refused");
        }
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <returns>The user.</returns>
    [Benchmark(Baseline = true)]
    public SignedInUser? Valid() => _directory.Find(_token);

    /// <returns>Nobody.</returns>
    [Benchmark]
    public SignedInUser? Forged() => _directory.Find(_forged);
}
