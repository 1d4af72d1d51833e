using System.Text;

namespace CartRecovery.Engine.Models;

/// <summary>
/// Adds metadata to an ONNX file that has none. In protobuf, a repeated field goes on wherever it occurs in the message, so that entries of
/// <c>metadata_props</c> can be appended to the file.
/// </summary>
static class OnnxMetadata
{
    // onnx.proto: ModelProto.metadata_props is field 14, of length-delimited StringStringEntryProto with key 1 and value 2.
    const byte Entry = (14 << 3) | 2, Key = (1 << 3) | 2, Value = (2 << 3) | 2;

    /// <summary>Returns whether a file has a key. Keys are in the file as they are.</summary>
    internal static bool Has(ReadOnlySpan<byte> model, string key) => model.IndexOf(Encoding.UTF8.GetBytes(key)) >= 0;

    /// <summary>Returns the file with more entries.</summary>
    internal static byte[] With(ReadOnlySpan<byte> model, params ReadOnlySpan<(string Key, string Value)> entries)
    {
        var file = new List<byte>(model.Length + 512);
        file.AddRange(model);
        foreach (var (key, value) in entries)
        {
            var entry = new List<byte>();
            Write(entry, Key, Encoding.UTF8.GetBytes(key));
            Write(entry, Value, Encoding.UTF8.GetBytes(value));
            Write(file, Entry, [.. entry]);
        }

        return [.. file];
    }

    static void Write(List<byte> target, byte tag, byte[] bytes)
    {
        target.Add(tag);
        var length = (uint)bytes.Length;
        for (; length >= 0x80; length >>= 7)
        {
            target.Add((byte)(length | 0x80));
        }

        target.Add((byte)length);
        target.AddRange(bytes);
    }
}
