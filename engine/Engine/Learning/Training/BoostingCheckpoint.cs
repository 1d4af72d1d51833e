using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>
/// The trees of an unfinished training run in a file, with a fingerprint of the run's rows, options and seed and a checksum. Everything else
/// follows from them.
/// </summary>
sealed class BoostingCheckpoint
{
    const uint Magic = 0x31_54_42_43; // "CBT1"
    const int HashBytes = SHA256.HashSizeInBytes;

    readonly string _path;
    readonly byte[] _fingerprint;

    internal BoostingCheckpoint(string path, TrainingSet set, TrainingSet? watch, BoostedTreesOptions options, ulong seed)
    {
        _path = path;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, set);
        if (watch is not null)
        {
            Add(hash, watch);
        }

        var monotone = string.Join(',', options.Monotone.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}={m.Value}"));
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{options with { Monotone = EmptyMonotone }}|{monotone}|{seed}")));
        _fingerprint = hash.GetHashAndReset();
    }

    static Dictionary<string, int> EmptyMonotone { get; } = new(StringComparer.Ordinal);

    /// <summary>Returns the trees of an earlier run of the same rows, options and seed; none if there is no such file.</summary>
    internal List<RegressionTree> Read()
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(_path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }

        if (bytes.Length < 2 * HashBytes + 8 || !SHA256.HashData(bytes.AsSpan(..^HashBytes)).AsSpan().SequenceEqual(bytes.AsSpan(^HashBytes..)))
        {
            return [];
        }

        using var reader = new BinaryReader(new MemoryStream(bytes));
        if (reader.ReadUInt32() != Magic || !reader.ReadBytes(HashBytes).AsSpan().SequenceEqual(_fingerprint))
        {
            return [];
        }

        var trees = new List<RegressionTree>();
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            trees.Add(ReadTree(reader));
        }

        return trees;
    }

    /// <summary>Replaces the file. Survives a crash: the old file or the new one is there.</summary>
    internal void Write(List<RegressionTree> trees)
    {
        var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(Magic);
        writer.Write(_fingerprint);
        writer.Write(trees.Count);
        foreach (var tree in trees)
        {
            WriteTree(writer, tree);
        }

        writer.Flush();
        writer.Write(SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
        writer.Flush();
        DurableFile.Write(_path, bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    internal void Delete() => File.Delete(_path);

    static RegressionTree ReadTree(BinaryReader reader)
    {
        var tree = new RegressionTree();
        var nodes = reader.ReadInt32();
        for (var node = 0; node < nodes; node++)
        {
            var feature = reader.ReadInt32();
            var number = reader.ReadSingle();
            tree.AddLeaf(number);
            if (feature >= 0)
            {
                tree.Split(node, feature, number, reader.ReadBoolean(), reader.ReadInt32(), reader.ReadInt32());
            }
        }
        return tree;
    }

    static void WriteTree(BinaryWriter writer, RegressionTree tree)
    {
        writer.Write(tree.Feature.Count);
        for (var node = 0; node < tree.Feature.Count; node++)
        {
            writer.Write(tree.Feature[node]);
            if (tree.Feature[node] < 0)
            {
                writer.Write(tree.Value[node]);
                continue;
            }

            writer.Write(tree.Threshold[node]);
            writer.Write(tree.MissingIsLeft[node]);
            writer.Write(tree.Left[node]);
            writer.Write(tree.Right[node]);
        }
    }

    static void Add(IncrementalHash hash, TrainingSet set)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join(',', set.Features)));
        hash.AppendData(MemoryMarshal.AsBytes(set.Rows.AsSpan()));
        hash.AppendData(set.Labels);
    }
}
