using CartRecovery.Host.Backup;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Backup;

public sealed class BackupCipherTests
{
    const string Key = "a key that has at least 32 characters", OtherKey = "another key with at least 32 characters";
    const int Chunk = 1 << 20;

    [Test]
    public void Files_round_trip_with_and_without_a_key([Values(null, Key)] string? key, [Values(0, 1, Chunk - 1, Chunk, Chunk + 1, (2 * Chunk) + 7)] int length)
    {
        using var scratch = new Scratch();
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var written = Write(BackupCipher.Of(key), scratch.PathOf("file"), bytes);
        var (read, back) = Read(BackupCipher.Of(key), scratch.PathOf("file"));
        Assert.That(BackupCipher.Of(key).SizeOf(length), Is.EqualTo(new FileInfo(scratch.PathOf("file")).Length));
        Assert.That(back, Is.EqualTo(bytes));
        Assert.That((read, written.Length), Is.EqualTo((written, (long)length)));
        Assert.That(written.Sha256, Is.EqualTo(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))));
        Assert.That(length > 100 && key is not null && File.ReadAllBytes(scratch.PathOf("file")).AsSpan().IndexOf(bytes.AsSpan(0, 100)) >= 0, Is.False, "encrypted");
    }

    [Test]
    public void Altered_truncated_reordered_and_foreign_chunks_are_rejected()
    {
        using var scratch = new Scratch();
        var (path, cipher) = (scratch.PathOf("file"), BackupCipher.Of(Key));
        var bytes = new byte[3 * Chunk];
        new Random(1).NextBytes(bytes);
        Write(cipher, path, bytes);
        var whole = File.ReadAllBytes(path);
        const int Sealed = Chunk + 16;
        foreach (var (what, altered) in new (string, Func<byte[]>)[]
        {
            ("a bit", () => Flipped(100)), ("the salt", () => Flipped(3)), ("the last tag", () => Flipped(whole.Length - 1)), ("the end", () => whole[..(16 + (2 * Sealed))]),
            ("part of a chunk", () => whole[..(16 + Sealed + 500)]), ("everything", () => []), ("the order", () => [.. whole[..16], .. whole[(16 + Sealed)..(16 + (2 * Sealed))], .. whole[16..(16 + Sealed)], .. whole[(16 + (2 * Sealed))..]]),
        })
        {
            File.WriteAllBytes(path, altered());
            Assert.That(() => Read(cipher, path), Throws.TypeOf<InvalidDataException>(), what);
        }

        File.WriteAllBytes(path, whole);
        Assert.That(() => Read(BackupCipher.Of(OtherKey), path), Throws.TypeOf<InvalidDataException>());
        Assert.That(() => BackupCipher.Of("short"), Throws.TypeOf<InvalidDataException>());

        byte[] Flipped(int at)
        {
            var copy = whole.ToArray();
            copy[at] ^= 1;
            return copy;
        }
    }

    static (long Length, string Sha256) Write(BackupCipher cipher, string path, byte[] bytes)
    {
        // In pieces, as files may be read.
        using var stream = new MemoryStream(bytes);
        return cipher.Write(path, buffer => stream.Read(buffer.Span[..Math.Min(buffer.Length, 70_001)]));
    }

    static ((long, string), byte[]) Read(BackupCipher cipher, string path)
    {
        using var stream = new MemoryStream();
        return (cipher.Read(path, bytes => stream.Write(bytes.Span)), stream.ToArray());
    }
}
