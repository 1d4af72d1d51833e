using CartRecovery.Engine.Encryption;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Encryption;

[TestFixture]
public sealed class KeyVaultTests
{
    static readonly byte[] s_master = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    Scratch _scratch = null!;

    string Folder => _scratch.PathOf("keys");

    [SetUp]
    public void SetUp()
    {
        _scratch = new Scratch();
        KeyVault.Create(Folder, s_master);
    }

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public void A_key_is_durable_when_it_is_returned_and_survives_a_crash([Values] KeyUse use)
    {
        // Not disposed before the other opens: as if killed.
        using var crashed = KeyVault.Open(Folder, s_master);
        var keys = Enumerable.Range(0, 1000).Select(_ => crashed.Take(use)).ToArray();

        using var again = KeyVault.Open(Folder, s_master);
        Assert.That(keys.Select(key => key.Number).Distinct().Count(), Is.EqualTo(keys.Length));
        Assert.That(keys.Select(key => Convert.ToHexString(key.Bytes)).Distinct().Count(), Is.EqualTo(keys.Length));
        Assert.That(keys.Select(key => Read(again, key.Number)), Is.EqualTo(keys.Select(key => key.Bytes)));
        Assert.That(keys.Select(key => key.Number), Does.Not.Contain(again.Take(use).Number));
    }

    [Test]
    public void Neither_the_root_key_nor_a_data_key_is_stored_in_the_clear()
    {
        using var vault = KeyVault.Open(Folder, s_master);
        var key = vault.Take(KeyUse.Journal);

        var files = Directory.GetFiles(Folder).Select(File.ReadAllBytes).ToArray();
        Assert.That(files, Has.Length.EqualTo(2));
        Assert.That(files.Any(bytes => bytes.AsSpan().IndexOf(key.Bytes) >= 0 || bytes.AsSpan().IndexOf(s_master) >= 0), Is.False);
    }

    [Test]
    public void Another_master_key_is_refused_and_changes_nothing()
    {
        using (var vault = KeyVault.Open(Folder, s_master))
        {
            vault.Take(KeyUse.Person);
        }

        var before = Directory.GetFiles(Folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
        Assert.That(() => KeyVault.Open(Folder, [.. s_master, 0]), Throws.TypeOf<KeyVaultException>().With.Message.Contains("master key"));
        Assert.That(() => KeyVault.Open(Folder, []), Throws.TypeOf<KeyVaultException>());
        Assert.That(() => KeyVault.Open(_scratch.PathOf("nowhere"), s_master), Throws.TypeOf<KeyVaultException>().With.Message.Contains("missing"));
        Assert.That(Directory.GetFiles(Folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes), Is.EqualTo(before));
    }

    [Test]
    public void A_damaged_root_is_refused_at_every_byte()
    {
        var file = Path.Combine(Folder, "root");
        var root = File.ReadAllBytes(file);
        foreach (var i in Enumerable.Range(0, root.Length).Except([1, 2, 3]))
        {
            File.WriteAllBytes(file, [.. root.Select((b, at) => at == i ? (byte)(b ^ 1) : b)]);
            Assert.That(() => KeyVault.Open(Folder, s_master), Throws.TypeOf<KeyVaultException>(), $"byte {i}");
        }
    }

    [Test]
    public void A_destroyed_key_is_gone_at_once_and_after_a_restart_and_others_stay()
    {
        using var vault = KeyVault.Open(Folder, s_master);
        var (gone, left) = (vault.Take(KeyUse.Person), vault.Take(KeyUse.Person));
        Assert.That((Read(vault, gone.Number), vault.Destroyed), Is.EqualTo((gone.Bytes, 0)));

        vault.Destroy([gone.Number]);

        using var again = KeyVault.Open(Folder, s_master);
        foreach (var v in new[] { vault, again })
        {
            Assert.That(Read(v, gone.Number), Is.Null);
            Assert.That(Read(v, left.Number), Is.EqualTo(left.Bytes));
        }

        Assert.That(vault.Destroyed, Is.EqualTo(1));
    }

    [Test]
    public void Records_of_keys_cannot_be_exchanged()
    {
        using var vault = KeyVault.Open(Folder, s_master);
        var (first, second) = (vault.Take(KeyUse.Journal), vault.Take(KeyUse.Journal));
        var file = Directory.GetFiles(Folder, "journal.*").Single();
        var bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, [.. bytes[64..128], .. bytes[..64], .. bytes[128..]]);

        using var again = KeyVault.Open(Folder, s_master);
        Assert.That((Read(again, first.Number), Read(again, second.Number)), Is.EqualTo(((byte[]?)null, (byte[]?)null)));
    }

    [Test]
    public void The_master_key_can_be_changed_and_data_stays()
    {
        byte[] next = [.. s_master.Reverse()];
        using var former = KeyVault.Open(Folder, s_master);
        var key = former.Take(KeyUse.Person);

        KeyVault.Rewrap(Folder, s_master, next);

        using var now = KeyVault.Open(Folder, next);
        Assert.That(Read(now, key.Number), Is.EqualTo(key.Bytes));
        Assert.That(now.Derive("purpose"), Is.EqualTo(former.Derive("purpose")));
        Assert.That(() => KeyVault.Open(Folder, s_master), Throws.TypeOf<KeyVaultException>());
        Assert.That(() => KeyVault.Rewrap(Folder, s_master, next), Throws.TypeOf<KeyVaultException>());
    }

    [Test]
    public void Many_threads_get_different_keys()
    {
        using var vault = KeyVault.Open(Folder, s_master);
        var numbers = new long[4][];
        Parallel.For(0, numbers.Length, i => numbers[i] = [.. Enumerable.Range(0, 2000).Select(_ => vault.Take(KeyUse.Journal).Number)]);
        Assert.That(numbers.SelectMany(n => n).Distinct().Count(), Is.EqualTo(8000));
    }

    [Test]
    public void While_the_disk_fails_taking_a_key_blocks_until_it_is_cancelled()
    {
        using var vault = KeyVault.Open(Folder, s_master);
        Directory.Delete(Folder, recursive: true);

        var waiting = Task.Run(() => vault.Take(KeyUse.Journal));
        Assert.That(waiting.IsCompleted, Is.False);
        vault.GiveUp();
        Assert.That(async () => await waiting.WaitAsync(Eventually.Deadline), Throws.InstanceOf<IOException>());
    }

    static byte[]? Read(KeyVault vault, long number)
    {
        var key = new byte[DataKey.Size];
        return vault.TryRead(number, key) ? key : null;
    }
}
