using System.Buffers;
using CartRecovery.Engine.Encryption;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>Encrypts the letters that an earlier version wrote as plaintext: each file is replaced by another.</summary>
static class DeadLetterSealing
{
    const string Done = "encrypted";

    /// <summary>Encrypts all letters of a folder, once.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="keyOf">Returns a key.</param>
    /// <exception cref="IOException">A file cannot be written; the others are done, and the next start goes on.</exception>
    public static void Run(string folder, Func<DataKey?> keyOf)
    {
        var mark = Path.Combine(folder, Done);
        if (File.Exists(mark))
        {
            return;
        }

        foreach (var (_, _, path) in DeadLetterFiles.Segments(folder))
        {
            var output = new ArrayBufferWriter<byte>(4096);
            foreach (var line in DeadLetterFiles.Lines(path))
            {
                Write(output, line.Span, keyOf);
            }

            DurableFile.Write(path, output.WrittenSpan);
        }

        DurableFile.Write(mark, []);
    }

    static void Write(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> line, Func<DataKey?> keyOf)
    {
        switch (DeadLetterLine.Read(line))
        {
            case { IsLocked: false } letter:
                DeadLetterLine.Write(output, letter.Id, letter, keyOf());
                break;
            case null:
                // A damaged line had a number too, which must not be given again.
                output.Write("{}\n"u8);
                break;
            default:
                // An interrupted run has encrypted it.
                output.Write(line);
                output.Write("\n"u8);
                break;
        }
    }
}
