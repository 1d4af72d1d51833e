using System.Runtime.InteropServices;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Tests.Scoring.Onnx;

public sealed class OnnxRuntimeTests
{
    [Test]
    public void The_library_is_loaded_beside_the_binary_unless_configured()
    {
        Assert.That(OnnxRuntime.Locate(null, "/opt/cr"), Is.EqualTo("/opt/cr/libonnxruntime.so"));
        Assert.That(OnnxRuntime.Locate(" ", "/opt/cr"), Is.EqualTo("/opt/cr/libonnxruntime.so"));
        Assert.That(OnnxRuntime.Locate("/usr/lib/ort.so", "/opt/cr"), Is.EqualTo("/usr/lib/ort.so"));
    }

    [Test]
    public void The_build_places_the_library_beside_the_binary()
        => Assert.That(OnnxRuntime.Open(OnnxRuntime.Locate(null, AppContext.BaseDirectory)).Version, Is.EqualTo("1.31.1"));

    [Test]
    public void A_configured_library_that_is_missing_has_no_fallback()
    {
        var e = Assert.Throws<ModelException>(() => OnnxRuntime.Open(OnnxRuntime.Locate("/nowhere/libonnxruntime.so", AppContext.BaseDirectory)));
        Assert.That(e!.Code, Is.EqualTo(ModelException.NativeLibraryMissing));
        Assert.That(e.Message, Does.Contain("/nowhere/libonnxruntime.so").And.Contain(OnnxRuntime.PathVariable));
    }

    [Test]
    public void A_file_that_is_not_a_library_is_rejected()
    {
        var path = TestModels.Write("not a library"u8.ToArray());
        var e = Assert.Throws<ModelException>(() => OnnxRuntime.Open(path));
        Assert.That(e!.Code, Is.EqualTo(ModelException.NativeLibraryMissing));
        Assert.That(e.Message, Does.Contain("cannot be loaded"));
    }

    [Test]
    public void Another_library_is_rejected()
    {
        var path = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "libSystem.Native.so");
        var e = Assert.Throws<ModelException>(() => OnnxRuntime.Open(path));
        Assert.That(e!.Code, Is.EqualTo(ModelException.NativeLibraryMissing));
        Assert.That(e.Message, Does.Contain("not ONNX Runtime"));
    }

    [TestCase("1.31.1", true)]
    [TestCase("1.31.0-dev", true)]
    [TestCase("1.40.0", true)]
    [TestCase("1.30.9", false)]
    [TestCase("2.0.0", false)]
    [TestCase("", false)]
    public void The_library_is_at_least_the_managed_APIs_version(string version, bool usable)
        => Assert.That(OnnxRuntime.IsUsable(version, new Version(1, 31, 1)), Is.EqualTo(usable));
}
