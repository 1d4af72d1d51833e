using CartRecovery.Host.Backup;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Backup;

public sealed class FolderSnapshotTests
{
    [Test]
    public void Models_are_in_it_and_what_a_running_engine_needs_of_their_folder_is_not()
    {
        using var scratch = new Scratch();
        string[] kept = ["models/serving.json", "models/shop.tmpl/aliases.json", "models/shop.tmpl/3f2a/model.onnx"];
        string[] left = ["models/lock", "models/serving", "models/serving.new", "models/b.tmp", "models/shop.tmpl/77aa.tmp/model.onnx"];
        foreach (var path in kept.Concat(left))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(scratch.PathOf($"data/{path}"))!);
            File.WriteAllText(scratch.PathOf($"data/{path}"), path);
        }

        using var snapshot = FolderSnapshot.OfJournals(scratch.PathOf("data"));
        snapshot.AddOtherFiles();

        Assert.That(snapshot.Files.Select(file => file.Path), Is.EquivalentTo(kept));
        Assert.That(() => new FileStream(scratch.PathOf("data/models/lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose(), Throws.Nothing);
    }
}
