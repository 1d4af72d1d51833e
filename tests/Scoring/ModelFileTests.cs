using System.Security.Cryptography;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Scoring;

public sealed class ModelFileTests
{
    [TestCase("/dev/zero")]
    [TestCase("/dev/null")]
    [TestCase("/proc/self/environ")]
    [Platform("Linux")]
    public void A_device_is_not_opened(string path)
    {
        Assert.That(() => OnnxModel.Load(path, TestModels.Known), Throws.InstanceOf<ModelException>().With.Property("Code").EqualTo(ModelException.Unreadable));
        Assert.That(ModelFile.HashOf(path), Is.Null);
    }

    [Test]
    public void A_link_to_a_device_is_not_opened()
    {
        using var scratch = new Scratch();
        File.CreateSymbolicLink(scratch.PathOf("link.onnx"), "/dev/zero");
        Assert.That(() => ModelFile.Check(scratch.PathOf("link.onnx")), Throws.InstanceOf<ModelException>());
    }

    [Test]
    public void A_link_to_a_model_is_followed()
    {
        using var scratch = new Scratch();
        var model = TestModels.Write(TestModels.Linear());
        File.CreateSymbolicLink(scratch.PathOf("link.onnx"), model);
        Assert.That(() => ModelFile.Check(scratch.PathOf("link.onnx")), Throws.Nothing);
        Assert.That(ModelFile.HashOf(scratch.PathOf("link.onnx")), Is.EqualTo(Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(model)))));
    }

    [Test]
    public void A_file_that_is_too_large_is_not_read()
    {
        using var scratch = new Scratch();
        using (var file = File.Create(scratch.PathOf("large.onnx")))
        {
            file.SetLength(ModelFile.MaxBytes + 1);
        }

        Assert.That(() => OnnxModel.Load(scratch.PathOf("large.onnx"), TestModels.Known), Throws.InstanceOf<ModelException>().With.Message.Contains("64 MB"));
        Assert.That(ModelFile.HashOf(scratch.PathOf("large.onnx")), Is.Null);
    }

    [Test]
    public void A_missing_file_is_reported_as_missing() =>
        Assert.That(() => ModelFile.Check("/none/such.onnx"), Throws.InstanceOf<ModelException>().With.Property("Code").EqualTo(ModelException.NotFound));
}
