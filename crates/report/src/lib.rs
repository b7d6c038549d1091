//! Curves and tables as pictures, pages and terminal text.
