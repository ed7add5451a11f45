# Writes spdep_local.csv: sixty areas made in code, their queen neighbours, and local statistics by R's spdep.
# Run in this folder: Rscript spdep_local.R
suppressMessages({
  library(sf)
  library(spdep)
})
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(1992)

# 35 irregular areas (a Voronoi tessellation of random points), 24 squares, and one square far from everything.
box <- c(548000, 176000, 549000, 176700)
points <- st_multipoint(cbind(runif(35, box[1], box[3]), runif(35, box[2], box[4])))
frame <- st_as_sfc(st_bbox(c(xmin = box[1], ymin = box[2], xmax = box[3], ymax = box[4])))
cells <- st_collection_extract(st_voronoi(st_sfc(points), frame[[1]]))
cells <- st_cast(st_intersection(cells, frame), "POLYGON")
square <- function(x, y) st_polygon(list(cbind(x + c(0, 100, 100, 0, 0), y + c(0, 0, 100, 100, 0))))
lattice <- lapply(0:23, function(k) square(549200 + 100 * (k %% 4), 176000 + 100 * (k %/% 4)))
areas <- c(cells, st_sfc(lattice), st_sfc(square(551000, 178000)))
stopifnot(length(areas) == 60)

# Every area's vertices are moved by up to 3 mm each way and rounded to 0.1 mm: no vertex is shared any more.
moved <- lapply(areas, function(area) {
  xy <- area[[1]][, 1:2]
  xy <- round(xy + runif(length(xy), -0.003, 0.003), 4)
  xy[nrow(xy), ] <- xy[1, ]
  st_polygon(list(xy))
})
areas <- st_sfc(moved)

unsnapped <- suppressWarnings(poly2nb(areas, queen = TRUE, snap = 1e-6))
stopifnot(sum(card(unsnapped)) == 0)
nb <- suppressWarnings(poly2nb(areas, queen = TRUE, snap = 0.01))
nb <- lapply(nb, function(near) near[near > 0])
counts <- rpois(60, ifelse(seq_len(60) %in% c(3, nb[[3]]), 30, rgamma(60, 3, 0.5)))
class(nb) <- "nb"
links <- sapply(nb, function(near) paste(near, collapse = " "))
nb[lengths(nb) == 0] <- 0L
attr(nb, "region.id") <- as.character(1:60)

# Gi* (Ord and Getis 1995): binary weights, self included.
star <- localG(as.numeric(counts), nb2listw(include.self(nb), style = "B"), return_internals = TRUE)
# Local Moran (Anselin 1995): row-standardised weights, conditional moments, two-sided.
moran <- localmoran(as.numeric(counts), nb2listw(nb, style = "W", zero.policy = TRUE), zero.policy = TRUE)

number <- function(x) ifelse(is.nan(x) | is.na(x), "", formatC(x, digits = 17, format = "g", width = 1))
short <- c("Low-Low" = "LL", "Low-High" = "LH", "High-Low" = "HL", "High-High" = "HH")
table <- data.frame(
  area = 1:60,
  count = counts,
  neighbours = links,
  gi_z = number(c(star)),
  gi_p = number(attr(star, "internals")[, "Pr(z != E(G*i))"]),
  moran_i = number(moran[, "Ii"]),
  moran_expected = number(moran[, "E.Ii"]),
  moran_variance = number(moran[, "Var.Ii"]),
  moran_z = number(moran[, "Z.Ii"]),
  moran_p = number(moran[, "Pr(z != E(Ii))"]),
  quadrant = short[as.character(attr(moran, "quadr")$pysal)],
  polygon = st_as_text(areas, digits = 12)
)
connection <- file("spdep_local.csv", "wb")
write.csv(table, connection, row.names = FALSE, quote = c(3, 12), eol = "\n")
close(connection)
cat("R ", as.character(getRversion()), ", spdep ", as.character(packageVersion("spdep")),
  ", sf ", as.character(packageVersion("sf")), ", GEOS ", sf_extSoftVersion()[["GEOS"]], "\n", sep = "")
