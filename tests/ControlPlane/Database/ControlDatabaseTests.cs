using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Database;

public sealed class ControlDatabaseTests(DatabaseKind kind) : ControlDatabaseFixture(kind)
{
    [SetUp]
    public Task MakeTableAsync() => Control.WriteAsync(session => session.RunScriptAsync(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT, bytes BYTEA, at BIGINT)"));

    [Test]
    public async Task Values_read_back_as_they_were_written()
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(1_798_761_600_123);
        await Control.WriteAsync(async session =>
        {
            await session.RunAsync($"INSERT INTO t VALUES ({1}, {"o'brien -- 💙"}, {new byte[] { 0, 1, 255 }}, {time})");
            await session.RunAsync($"INSERT INTO t VALUES ({long.MaxValue}, {(string?)null}, {(byte[]?)null}, {(DateTimeOffset?)null})");
        });
        var rows = await Control.ReadAsync(session => session.ListAsync($"SELECT id, name, bytes, at FROM t ORDER BY id LIMIT 10",
            row => (Id: row.Number(0), Name: row.TextOrNull(1), Bytes: row.BytesOrNull(2), At: row.TimeOrNull(3))));
        Assert.That(rows, Has.Count.EqualTo(2));
        Assert.That((rows[0].Id, rows[0].Name, rows[0].At), Is.EqualTo((1L, "o'brien -- 💙", time)));
        Assert.That(rows[0].Bytes, Is.EqualTo(new byte[] { 0, 1, 255 }));
        Assert.That((rows[1].Id, rows[1].Name, rows[1].Bytes, rows[1].At), Is.EqualTo((long.MaxValue, (string?)null, (byte[]?)null, (DateTimeOffset?)null)));
    }

    [Test]
    public async Task A_statement_is_composed_of_conditions()
    {
        await Control.WriteAsync(async session =>
        {
            for (var i = 0; i < 30; i++)
            {
                await session.RunAsync($"INSERT INTO t (id, name, at) VALUES ({i}, {$"n{i % 3}"}, {i})");
            }
        });
        List<SqlPart> conditions = [SqlPart.Of($"name = {"n1"}"), .. Enumerable.Range(0, 12).Select(i => SqlPart.Of($"id <> {i}"))];
        var found = await Control.ReadAsync(session => session.ListAsync(
            $"SELECT id FROM t WHERE at < {28L} AND {SqlPart.All(conditions)} AND at > {4L} ORDER BY id LIMIT 10", row => row.Number(0)));
        Assert.That(found, Is.EqualTo(new[] { 13L, 16, 19, 22, 25 }));
        Assert.That(await Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM t WHERE {SqlPart.All([])}")), Is.EqualTo(30));
    }

    [Test]
    public async Task A_change_that_fails_leaves_nothing()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Control.WriteAsync(async session =>
        {
            await session.RunAsync($"INSERT INTO t (id) VALUES ({1})");
            throw new InvalidOperationException();
        }));
        Assert.That(await CountAsync(), Is.Zero);
    }

    [Test]
    public async Task A_value_that_exists_is_a_duplicate()
    {
        await Control.WriteAsync(session => session.RunAsync($"INSERT INTO t (id) VALUES ({1})"));
        var refused = (await Assert.ThrowsAsync<ControlDatabaseException>(() => Control.WriteAsync(session => session.RunAsync($"INSERT INTO t (id) VALUES ({1})"))))!;
        Assert.That(refused.Code, Is.EqualTo(ControlDatabaseException.Duplicate));
    }

    [Test]
    public async Task A_wrong_statement_is_refused_with_a_code()
    {
        var refused = (await Assert.ThrowsAsync<ControlDatabaseException>(() => Control.ReadAsync(session => session.NumberAsync($"SELECT nothing FROM nowhere"))))!;
        Assert.That(refused.Code, Is.EqualTo(ControlDatabaseException.Failed));
    }

    [Test]
    public async Task Writers_of_several_engines_lose_no_change()
    {
        const int Writers = 4, Changes = 20;
        await Control.WriteAsync(session => session.RunAsync($"INSERT INTO t (id, at) VALUES ({1}, {0L})"));
        var engines = new List<ControlDatabase>();
        for (var i = 0; i < Writers; i++)
        {
            engines.Add(await OpenAsync(time: TimeProvider.System));
        }

        await Task.WhenAll(engines.SelectMany(engine => Enumerable.Range(0, Changes).Select(_ => engine.WriteAsync(async session =>
        {
            var before = await session.NumberAsync($"SELECT at FROM t WHERE id = {1}");
            await session.RunAsync($"UPDATE t SET at = {before + 1} WHERE id = {1}");
        }))));
        Assert.That(await Control.ReadAsync(session => session.NumberAsync($"SELECT at FROM t WHERE id = {1}")), Is.EqualTo(Writers * Changes));
    }

    [Test]
    public async Task A_reader_sees_one_snapshot_during_a_write()
    {
        var counts = await Control.ReadAsync(async session =>
        {
            var before = await session.NumberAsync($"SELECT COUNT(*) FROM t");
            await Control.WriteAsync(other => other.RunAsync($"INSERT INTO t (id) VALUES ({1})"));
            return (before, after: await session.NumberAsync($"SELECT COUNT(*) FROM t"));
        });
        Assert.That(counts, Is.EqualTo(((long?)0, (long?)0)));
        Assert.That(await CountAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task Another_engine_notices_a_change()
    {
        var other = await OpenAsync(time: TimeProvider.System);
        var (topics, others) = (new List<string>(), 0);
        other.Changes.Follow("people", async cancellation =>
        {
            var count = await other.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM t"), cancellation);
            lock (topics)
            {
                topics.Add($"people {count}");
            }
        });
        other.Changes.Follow("stores", _ => Task.FromResult(++others));
        await other.Changes.StartAsync();
        await Control.WriteAsync(async session =>
        {
            await session.RunAsync($"INSERT INTO t (id) VALUES ({1})");
            await session.MarkChangedAsync("people");
        });
        await Eventually.Is(() => topics.Contains("people 1"), "the change is noticed");
        Assert.That(topics, Is.EqualTo(new[] { "people 0", "people 1" }));
        Assert.That(others, Is.EqualTo(1));
    }

    [Test]
    public async Task A_failing_follower_is_retried_and_reported_once()
    {
        var (calls, fails, told) = (0, false, new List<string>());
        Control.Changes.OnFailure = e => told.Add(e.GetType().Name);
        Control.Changes.Follow("people", _ =>
        {
            calls++;
            return fails ? throw new KeyNotFoundException("a bug") : Task.CompletedTask;
        });
        await Control.Changes.StartAsync();
        fails = true;
        await Control.WriteAsync(session => session.MarkChangedAsync("people"));
        Assert.That(Control.Changes.Problem, Is.EqualTo("a bug"));
        await Eventually.Is(() => Volatile.Read(ref calls) >= 4, "it is called again");

        Assert.That(told, Is.EqualTo(new[] { nameof(KeyNotFoundException) }));
        Volatile.Write(ref fails, false);
        await Control.Changes.RefreshAsync();
        Assert.That(Control.Changes.Problem, Is.Null);
    }

    [Test]
    public async Task A_failing_topic_does_not_block_other_topics()
    {
        var (fails, read) = (false, new List<string>());
        foreach (var topic in new[] { "a", "b", "c", "d" })
        {
            Control.Changes.Follow(topic, _ =>
            {
                read.Add(topic);
                return fails && (topic is "b" or "c") ? throw new InvalidDataException(topic) : Task.CompletedTask;
            });
        }

        await Control.Changes.StartAsync();
        read.Clear();
        fails = true;
        await Control.WriteAsync(async session =>
        {
            foreach (var topic in new[] { "a", "b", "c", "d" })
            {
                await session.MarkChangedAsync(topic);
            }
        });
        Assert.That(read, Is.SupersetOf(new[] { "a", "b", "c", "d" }));
        Assert.That(Control.Changes.Problem, Is.EqualTo("b").Or.EqualTo("c"));
        fails = false;
        read.Clear();
        await Control.Changes.RefreshAsync();
        Assert.That(read, Is.EquivalentTo(new[] { "b", "c" }), "those alone that failed");
        Assert.That(Control.Changes.Problem, Is.Null);
    }

    [Test]
    public async Task A_change_is_visible_in_its_own_process_when_it_returns()
    {
        var known = -1L;
        Control.Changes.Follow("people", async cancellation =>
            known = await Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM t"), cancellation) ?? 0);
        await Control.Changes.StartAsync();
        for (var i = 1; i < 4; i++)
        {
            var id = i;
            await Control.WriteAsync(async session =>
            {
                await session.RunAsync($"INSERT INTO t (id) VALUES ({id})");
                await session.MarkChangedAsync("people");
            });
            Assert.That(known, Is.EqualTo(i));
        }
    }

    [Test]
    public async Task A_lost_connection_costs_one_request()
    {
        Assume.That(Kind, Is.EqualTo(DatabaseKind.Postgres));
        await CountAsync();
        await PostgresCluster.DisconnectAsync(Address);
        try
        {
            await CountAsync();
        }
        catch (ControlDatabaseException e)
        {
            Assert.That(e.Code, Is.EqualTo(ControlDatabaseException.Unavailable));
        }

        Assert.That(await CountAsync(), Is.Zero);
    }

    [Test]
    public async Task Sealed_values_open_only_at_their_place_and_for_every_engine()
    {
        var other = await OpenAsync();
        var bytes = Control.Keys.Seal("ada@shop.example", "users.email:1");
        Assert.That(TestKeys.FoundIn([("value", bytes)], "ada@shop.example"), Is.Empty);
        Assert.That(other.Keys.Open(bytes, "users.email:1"), Is.EqualTo("ada@shop.example"));
        Assert.Throws<InvalidDataException>(() => other.Keys.Open(bytes, "users.email:2"));
        bytes[^1] ^= 1;
        Assert.Throws<InvalidDataException>(() => other.Keys.Open(bytes, "users.email:1"));
        Assert.That(other.Keys.Hash("users.email", "ada"), Is.EqualTo(Control.Keys.Hash("users.email", "ada")));
        Assert.That(other.Keys.Hash("users.email", "ada"), Is.Not.EqualTo(Control.Keys.Hash("keys.email", "ada")));
    }

    [Test]
    public async Task Another_master_key_is_refused_until_the_keys_are_rewrapped()
    {
        byte[] next = [.. Enumerable.Repeat((byte)9, 32)];
        var sealedText = Control.Keys.Seal("text", "place");
        Assert.That((await Assert.ThrowsAsync<ControlDatabaseException>(() => OpenAsync(next)))!.Code, Is.EqualTo(ControlDatabaseException.WrongKey));
        for (var i = 0; i < 2; i++)
        {
            await Control.WriteAsync(session => ControlKeys.RewrapAsync(session, TestKeys.Master, next, Control.Name));
        }

        Assert.That((await OpenAsync(next)).Keys.Open(sealedText, "place"), Is.EqualTo("text"));
        Assert.That((await Assert.ThrowsAsync<ControlDatabaseException>(() => OpenAsync()))!.Code, Is.EqualTo(ControlDatabaseException.WrongKey));
    }

    [Test]
    public async Task A_newer_schema_is_refused_and_left_alone()
    {
        await Control.WriteAsync(session => session.RunAsync($"INSERT INTO control_schema VALUES ({ControlSchema.Version + 1}, {"later"}, {Time.GetUtcNow()})"));
        var refused = (await Assert.ThrowsAsync<ControlDatabaseException>(() => OpenAsync()))!;
        Assert.That(refused.Code, Is.EqualTo(ControlDatabaseException.Newer));
        Assert.That(refused.Message, Does.Contain($"schema {ControlSchema.Version + 1}; this one knows {ControlSchema.Version}"));
    }

    [Test]
    public async Task Engines_that_start_together_create_one_schema()
    {
        await Control.WriteAsync(async session =>
        {
            foreach (var table in await TablesAsync(session))
            {
                await session.RunScriptAsync($"DROP TABLE {table}");
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => OpenAsync(time: TimeProvider.System)));
        Assert.That(await Control.ReadAsync(session => session.ListAsync($"SELECT version FROM control_schema ORDER BY version LIMIT 1000", row => (int)row.Number(0))),
            Is.EqualTo(Enumerable.Range(1, ControlSchema.Version)));
    }

    [Test]
    public void Steps_are_numbered_without_gaps() =>
        Assert.That(ControlSchema.Steps.Select(step => step.Version), Is.EqualTo(Enumerable.Range(1, ControlSchema.Steps.Count)));

    [Test]
    [Platform(Exclude = "Win")]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Only_the_owner_can_read_the_file()
    {
        Assume.That(Kind, Is.EqualTo(DatabaseKind.Sqlite));
        foreach (var path in Directory.EnumerateFiles(Scratch.Folder, "control.db*"))
        {
            Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite), path);
        }
    }

    // Foreign keys point to earlier tables.
    async Task<List<string>> TablesAsync(ControlSession session) => Kind == DatabaseKind.Sqlite
        ? await session.ListAsync($"SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid DESC LIMIT 1000", row => row.Text(0))
        : await session.ListAsync($"SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY oid DESC LIMIT 1000", row => row.Text(0));

    Task<long?> CountAsync() => Control.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM t"));
}
