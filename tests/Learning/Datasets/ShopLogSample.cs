using System.Buffers;
using System.Text.Json;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning.Datasets;

/// <summary>The shipped log, on which the shipped model was fitted.</summary>
static class ShopLogSample
{
    public static IReadOnlyList<ShopEvent> Events { get; } = ShopLog.Read(Path.Combine(Repository.Root, "config", "demo", "rees46-2019-10-01.csv.gz"));

    /// <summary>A native event at its original time.</summary>
    public static byte[] ToJson(ShopEvent e)
    {
        var json = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(json);
        e.WriteTo(writer, e.At);
        writer.Flush();
        return json.WrittenSpan.ToArray();
    }
}
