use std::path::PathBuf;

/// How files are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The cluster that manifests belong to where the files declare none, or several (`--cluster`).
    pub default_cluster: Option<String>,
    /// The clusters of manifests by path, for files that declare no cluster. The first that matches
    /// counts.
    pub cluster_of_path: Vec<ClusterOfPath>,
    /// The working directory. With it, paths are compared as absolute ones, in whichever form they
    /// were typed.
    pub base: Option<PathBuf>,
}

/// Manifests under a path belong to a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterOfPath {
    /// A folder, a file, or a glob as `.gitignore` knows them. Where [`Options::base`] is not given,
    /// in the form in which the paths given to [`read`](crate::read) are: both relative to the
    /// working directory, or both absolute.
    pub path: String,
    /// The cluster's name.
    pub cluster: String,
}
